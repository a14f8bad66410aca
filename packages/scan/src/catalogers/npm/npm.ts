/**
 * Packages of npm's registry: installed trees, the archives that Yarn's Plug'n'Play loads from, and lock files of npm,
 * Yarn, pnpm and Bun where neither is there for them.
 */
import { isZipProblem, newBudget, openZip } from '../../zip/zip-archive.ts';
import type { CatalogedFile, Cataloger } from '../cataloger.ts';
import { Gathering } from '../gathering.ts';
import { isGoSource } from '../go/source.ts';
import { isInstalled, type LockRead, runtimeNames } from '../lock.ts';
import { parseBunLock } from './bun-lock.ts';
import { condensePackageJson, parsePackageJson } from './package-json.ts';
import { parsePackageLock } from './package-lock.ts';
import { parsePnpmLock } from './pnpm-lock.ts';
import { parseYarnLock } from './yarn-lock.ts';

/** `node_modules/NAME/package.json` and `node_modules/@SCOPE/NAME/package.json`; deeper ones are parts of a package. */
const INSTALLED = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;
/** What lies elsewhere: the application itself, a tool that was unpacked (Yarn in Node's images), copies inside packages. */
const ELSEWHERE = /(?:^|\/)package\.json$/;
/** Plug'n'Play runs packages out of these archives. */
const ARCHIVE = /(?:^|\/)\.yarn\/(?:berry\/)?cache\/[^/]+\.zip$/;
const PLUG_AND_PLAY = /(?:^|\/)\.pnp\.c?js$/;
/** As the registry takes them; `workspace:*`, `{{version}}` and the like are of templates. */
const VERSION = /^[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]*)?$/;
const MAX_ARCHIVE = 128 * 1024 * 1024;
const MAX_PACKAGE_JSON = 4 * 1024 * 1024;

const LOCKS: readonly { pattern: RegExp; what: string; read: (content: Buffer) => LockRead | null }[] = [
  { pattern: /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/, what: 'npm-lock', read: parsePackageLock },
  { pattern: /(?:^|\/)yarn\.lock$/, what: 'yarn-lock', read: parseYarnLock },
  { pattern: /(?:^|\/)pnpm-lock\.yaml$/, what: 'pnpm-lock', read: parsePnpmLock },
  { pattern: /(?:^|\/)bun\.lock$/, what: 'bun-lock', read: parseBunLock },
];

export const npm: Cataloger = {
  name: 'npm',
  places: [],
  wants: (path) =>
    /\.(?:json|lock|yaml|zip|c?js)$/.test(path) && (INSTALLED.test(path) || isOther(path) || isElsewhere(path)),
  maxBytes: (path) => (ARCHIVE.test(path) ? MAX_ARCHIVE : undefined),
  condense(path, content) {
    if (ARCHIVE.test(path)) return condenseArchive(content);
    if (ELSEWHERE.test(path)) return condensePackageJson(content);
    return PLUG_AND_PLAY.test(path) ? Buffer.alloc(0) : content;
  },
  catalog(files, context) {
    const found = new Gathering('npm', context);
    /** Directories with an installed tree, and names of packages in archives. */
    const installedIn = new Set<string>();
    const archived = new Set<string>();
    for (const file of files) {
      const archive = ARCHIVE.test(file.path);
      if (!archive && !INSTALLED.test(file.path)) continue;
      const identity = parsePackageJson(file.content);
      if (identity) {
        found.add(identity, file);
        if (archive) archived.add(identity.name);
        else installedIn.add(projectOf(file.path));
      } else if (archive || !isNested(file.path))
        found.missing('unreadable', 'npm-package', file.path, 'it names no package and version');
    }
    for (const file of files)
      if (isElsewhere(file.path)) {
        const identity = parsePackageJson(file.content);
        // Markers inside packages are written with the version 0.0.0.
        const marker = identity?.version === '0.0.0' && file.path.includes('node_modules/');
        if (identity && !marker && VERSION.test(identity.version)) found.add(identity, file);
      }
    const locked = new Set<string>();
    for (const file of files) {
      const lock = LOCKS.find((each) => each.pattern.test(file.path));
      if (!lock || installedIn.has(directoryOf(file.path))) continue;
      locked.add(directoryOf(file.path));
      found.read(lock.what, file, () => {
        const read = lock.read(file.content);
        if (!isInstalled(runtimeNames(read?.packages ?? []), archived)) found.addLock(read, lock.what, file);
      });
    }
    for (const file of files)
      if (PLUG_AND_PLAY.test(file.path) && archived.size === 0 && !locked.has(directoryOf(file.path)))
        nothingToLoad(found, file);
    return found.result;
  },
};

/** A lock inside an installed package is that package's own and pins nothing here. */
function isOther(path: string): boolean {
  if (ARCHIVE.test(path)) return true;
  const lock = PLUG_AND_PLAY.test(path) || LOCKS.some((each) => each.pattern.test(path));
  return lock && !/(?:^|\/)node_modules\//.test(path) && !isGoSource(path);
}

/** Templates and markers of a module's kind name no package, or no version; tests' own packages are nobody's. */
function isElsewhere(path: string): boolean {
  return ELSEWHERE.test(path) && !INSTALLED.test(path) && !isNested(path) && !isGoSource(path);
}

/** Directories such as `node_modules/x/node_modules` of a package's own tests may hold anything. */
function isNested(path: string): boolean {
  return /(?:^|\/)(?:tests?|testdata|__tests__|specs?|fixtures?|__fixtures__|__mocks__|examples?|templates?)\//.test(
    path,
  );
}

/** The directory whose `node_modules` holds the file: the project it was installed for. */
function projectOf(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf('node_modules/') - 1));
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Keeps what the package.json inside says; an archive that cannot be read is kept as one that names nothing. */
function condenseArchive(content: Buffer): Buffer {
  const archive = openZip(content, newBudget());
  const entry = archive.entries.find((each) => INSTALLED.test(each.name) && each.name.startsWith('node_modules/'));
  const bytes = entry ? archive.read(entry, MAX_PACKAGE_JSON) : null;
  return condensePackageJson(bytes && !isZipProblem(bytes) ? bytes : Buffer.alloc(0));
}

function nothingToLoad(found: Gathering, file: CatalogedFile): void {
  const detail = 'the archives that it loads packages from are not in the image, nor is a lock file beside it';
  found.missing('unreadable', 'yarn-plug-and-play', file.path, detail);
}
