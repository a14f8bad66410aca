/**
 * Packages of Python: installed ones, wheels and eggs, and lock files of which nothing is installed.
 *
 * Syft and Trivy leave lock files of images out altogether, and count both in directories. Here a lock file counts
 * where less than half of what it pins is installed anywhere in the image (see lock.ts), so that neither an image that
 * only carries the file nor one that installed from it is told wrong.
 */
import type { Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { isInstalled, type Pinned, runtimeNames } from '../lock.ts';
import { pypiName } from '../purl.ts';
import { readJson } from '../text.ts';
import { readArchive } from './archive.ts';
import { lockReader } from './locks.ts';
import { parseMetadata } from './metadata.ts';

const INSTALLED = /\.dist-info\/METADATA$|(?:\.egg-info|(?:^|\/)EGG-INFO)\/PKG-INFO$|\.egg-info$/i;
const ARCHIVE = /\.(?:whl|egg)$/;
/** A lock inside an installed package is that package's own and pins nothing here. */
const INSIDE = /(?:^|\/)(?:site-packages|dist-packages|node_modules)\//;

/** What is kept of a file: its packages with their places inside it, or why there are none. */
export type Condensed = { packages: (Pinned & { inner: string })[]; problems: string[] };

export const python: Cataloger = {
  name: 'python',
  places: [],
  wants: (path) => INSTALLED.test(path) || ARCHIVE.test(path) || isLock(path),
  condense: (path, content) => (isLock(path) ? content : Buffer.from(JSON.stringify(condense(path, content)))),
  catalog(files, context) {
    const found = new Gathering('pypi', context);
    const installed = new Set<string>();
    for (const file of files) {
      if (isLock(file.path) || file.node.size === 0) continue;
      found.read('python-dist', file, () => {
        const { packages, problems } = readJson(file.content) as Condensed;
        for (const { inner, ...each } of packages) {
          found.add(each, file, inner === '' ? file.path : `${file.path}!/${inner}`);
          if (inner === '') installed.add(pypiName(each.name));
        }
        for (const problem of problems) found.missing('unreadable', 'python-dist', file.path, problem);
      });
    }
    for (const file of files) {
      const lock = isLock(file.path) ? lockReader(file.path) : null;
      if (lock && file.node.size > 0)
        found.read(lock.what, file, () => {
          const read = lock.read(file.content);
          const names = [...runtimeNames(read?.packages ?? []), ...(read?.open ?? [])].map(pypiName);
          if (isForDevelopment(file.path)) for (const each of read?.packages ?? []) each.development = true;
          if (!isInstalled(names, installed)) found.addLock(read, lock.what, file);
        });
    }
    return found.result;
  },
};

function isLock(path: string): boolean {
  return /\.(?:lock|txt|toml)$/.test(path) && !INSIDE.test(path) && lockReader(path) !== null;
}

/** `requirements-dev.txt`, `test-requirements.txt`, `requirements/dev.txt`: by convention, in the name alone. */
function isForDevelopment(path: string): boolean {
  return /(?:^|\/)(?:requirements[-_./](?:dev|development|tests?|testing|lint|docs)|(?:dev|tests?|docs)[-_]requirements)\.txt$/.test(
    path,
  );
}

/** Throws nothing: it runs while layers are read. */
function condense(path: string, content: Buffer): Condensed {
  if (ARCHIVE.test(path)) return readArchive(content);
  const metadata = parseMetadata(content);
  if (metadata) return { packages: [{ ...metadata, inner: '' }], problems: [] };
  return { packages: [], problems: ['it names no project and version'] };
}
