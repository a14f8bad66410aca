/** Brings what a distribution's suites offer into the store: from an archive, a copy of one, or bare indexes. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { ArchiveName, ArchiveRequest } from '@pratique/compose';
import { importIndexes, Offers, publishCandidates, releaseOf, type Unxz } from '@pratique/scan';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';

export type CandidateOptions = { release?: string; architecture: string; components: string; keyring?: string };

export type ImportedCandidates = {
  snapshot: string;
  release: string;
  architecture: string;
  packages: number;
  /** Suites that were read, with the dates of their release files. */
  suites: { name: string; date: string | null }[];
  /** Of base, updates and security those that were not there: what they offer is not known. */
  absent: string[];
  /** Signed by the archive; false for bare indexes, for which whoever imports them vouches. */
  verified: boolean;
  problems: string[];
};

const SUITES = ['', '-updates', '-security'];

/**
 * @param path an http(s) address of an archive; a folder with `dists/` in it; or Packages files
 * @param cacheDir where fetched indexes are kept
 * @throws CliError usage; ComposeError for what the archive has not signed; ScanError for what cannot be read
 */
export async function importCandidates(
  context: Context,
  dir: string,
  path: string,
  options: CandidateOptions,
  cacheDir: string,
): Promise<ImportedCandidates> {
  const { id, version, codename } = readRelease(options.release);
  const { architecture } = options;
  const components = options.components.split(',').filter((part) => part !== '');
  const target = { id, release: version, architecture };
  const done = { release: `${id}:${version}`, architecture };
  const now = new Date();
  const place = await placeOf(context, path, id);
  if (!place) {
    const file = resolve(context.cwd, path);
    const unxz: Unxz = async (...args) => (await import('@pratique/compose/unpack/xz')).unxz(...args);
    const { snapshot, records, suites, problems } = await importIndexes(dir, file, target, {
      codename,
      components,
      now,
      unxz,
    });
    const absent = SUITES.map((part) => codename + part).filter((name) => !suites.some((suite) => suite.name === name));
    return { ...done, snapshot, packages: records, suites, absent, verified: false, problems };
  }
  const { readArchive } = await import('@pratique/compose');
  const { fetch, allowExpired, ...mirrors } = place;
  const request: ArchiveRequest = { distribution: id, codename, ...mirrors, keyring: keyringOf(context, options) };
  const offers = new Offers(target);
  for (const suite of await readArchive(request, { fetch, cacheDir, allowExpired, now: () => now }))
    for (const component of components) {
      const index = await suite.index(component, architecture);
      if (index === null && suite.name === codename)
        throw new CliError(EXIT.fault, `${suite.url} lists no ${component} for ${architecture}`);
      offers.add({ name: suite.name, date: suite.date.toISOString() }, index, suite.url);
    }
  const { snapshot, records, problems } = await publishCandidates(dir, [offers]);
  return { ...done, snapshot, packages: records, suites: offers.suites, absent: [], verified: true, problems };
}

function readRelease(text: string | undefined): { id: ArchiveName; version: string; codename: string } {
  const [, id, release = ''] = /^(debian|ubuntu):(\S+)$/.exec(text ?? '') ?? [];
  const found = id === undefined ? null : releaseOf(id, release);
  if (!found?.codename)
    throw new CliError(
      EXIT.usage,
      `candidates are of a release: --release debian:12, ubuntu:24.04 or the like${text === undefined ? '' : `, not ${text}`}`,
    );
  return { id: found.id as ArchiveName, version: found.version, codename: found.codename };
}

const keyringOf = ({ cwd }: Context, { keyring }: CandidateOptions) =>
  keyring === undefined ? undefined : resolve(cwd, keyring);

type Place = Pick<ArchiveRequest, 'mirror' | 'securityMirror'> & {
  fetch: typeof globalThis.fetch;
  allowExpired: boolean;
};

/** Null for what is no archive. The age of a copy is known and shown, so it may be past its expiry. */
async function placeOf(context: Context, path: string, id: ArchiveName): Promise<Place | null> {
  if (/^https?:\/\//.test(path)) return { mirror: path, fetch: globalThis.fetch, allowExpired: false };
  const folder = resolve(context.cwd, path);
  const roots = [folder, join(folder, id)];
  const security = [`${join(folder, id)}-security`, join(dirname(folder), `${basename(folder)}-security`), ...roots];
  const [root] = await withDists(roots);
  if (root === undefined) return null;
  const [securityRoot = root] = await withDists(security);
  const at = { '/main': root, '/security': securityRoot };
  return {
    mirror: 'http://copy.invalid/main',
    securityMirror: 'http://copy.invalid/security',
    fetch: (input) => readCopy(new URL(input instanceof Request ? input.url : input), at),
    allowExpired: true,
  };
}

async function withDists(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders)
    if ((await stat(join(folder, 'dists')).catch(() => null))?.isDirectory()) found.push(folder);
  return found;
}

/** Answers for a folder as a mirror would. */
async function readCopy({ pathname }: URL, roots: Readonly<Record<string, string>>): Promise<Response> {
  const [, part = '', rest = ''] = /^(\/[a-z]+)\/(.+)$/.exec(pathname) ?? [];
  const file = join(roots[part] ?? '/nowhere', rest);
  if (!(await stat(file).catch(() => null))?.isFile()) return new Response(null, { status: 404 });
  return new Response(Readable.toWeb(createReadStream(file)) as ReadableStream);
}

export function describeCandidates(one: ImportedCandidates): string {
  const suites = one.suites.map(({ name, date }) => `${name}${date === null ? '' : ` of ${date.slice(0, 10)}`}`);
  const lines = [
    `${one.packages} packages of ${one.release} for ${one.architecture}: ${suites.join(', ')}; ${one.verified ? 'signed by the archive' : 'not verified'}.`,
  ];
  if (one.absent.length > 0) lines.push(`Not there, so what they offer is not known: ${one.absent.join(', ')}.`);
  return [...lines, `The store is now ${one.snapshot}.`].join('\n');
}
