/** Imports indexes of packages from files that somebody brought here, as their publisher or apt itself has them. */
import { eachFeedFile } from '../advisories/feed-files.ts';
import type { ImportResult } from '../advisories/import.ts';
import { ScanError } from '../error.ts';
import type { Target } from './candidate.ts';
import { Offers, type SuiteState } from './offers.ts';
import { publishCandidates } from './publish-candidates.ts';
import { unlz4 } from './unlz4.ts';

export type IndexImport = ImportResult & { suites: SuiteState[]; date: string | null };

/** Node has no xz, and whoever has it hands it in. */
export type Unxz = (bytes: Buffer, limit: number, name: string) => Promise<Buffer>;

/** `dists/bookworm-updates/main/binary-amd64/Packages`, or the same with `_` as apt keeps it in /var/lib/apt/lists. */
const INDEX = /(?:^|[_/])dists[_/]([^_/]+)[_/]([^_/]+)[_/]binary-([^_/]+)[_/]Packages(?:\.xz|\.lz4)?$/;
const RELEASE = /(?:^|[_/])dists[_/]([^_/]+)[_/](?:In)?Release$/;
const wants = (name: string): boolean => /(?:^|[_/])(?:Packages(?:\.gz|\.zst|\.xz|\.lz4)?|(?:In)?Release)$/.test(name);
const MAX_RELEASE = 16 * 1024 * 1024;
const MAX_INDEX = 512 * 1024 * 1024;

/**
 * Nothing is signed here: whoever imports vouches for the files, as with every feed. Of files that name their suite only
 * base, updates and security of the release count; a file named `Packages` alone is taken as the release's.
 *
 * @param path a file, folder or archive of such files
 * @param now a release file from later than this gives no date
 * @throws ScanError `feed-invalid`, `feed-limit`; nothing has changed then
 */
export async function importIndexes(
  dir: string,
  path: string,
  target: Target,
  options: { codename: string; components: readonly string[]; now: Date; unxz?: Unxz },
): Promise<IndexImport> {
  const { codename, components, now } = options;
  const offers = new Offers(target);
  const dates = new Map<string, string>();
  const suites = ['', '-updates', '-security'].map((part) => codename + part);
  const found: { suite: string; name: string; bytes: Buffer }[] = [];
  await eachFeedFile(path, wants, ({ name, bytes }) => {
    const release = RELEASE.exec(name)?.[1];
    if (release !== undefined && bytes.length <= MAX_RELEASE) {
      const time = Date.parse(/^Date: (.+)$/m.exec(bytes.toString('latin1'))?.[1] ?? '');
      if (time <= now.getTime()) dates.set(release, new Date(time).toISOString());
    }
    if (!/(?:^|[_/])Packages(?:\.xz|\.lz4)?$/.test(name)) return;
    const [, suite = codename, component, architecture = target.architecture] = INDEX.exec(name) ?? [];
    if (!suites.includes(suite) || architecture !== target.architecture) return;
    if (component === undefined || components.includes(component)) found.push({ suite, name, bytes });
  });
  if (found.length === 0)
    throw new ScanError(
      'feed-invalid',
      `no index of packages of ${codename} for ${target.architecture} (${components.join(', ')}) is there; its name ends in Packages, with .gz, .xz, .lz4 or .zst where it is packed`,
    );
  found.sort((a, b) => suites.indexOf(a.suite) - suites.indexOf(b.suite));
  for (const { suite, name, bytes } of found) {
    const state = { name: suite, date: dates.get(suite) ?? null };
    offers.add(state, await unpack(name, bytes, options.unxz), name);
  }
  const result = await publishCandidates(dir, [offers]);
  return { ...result, suites: offers.suites, date: offers.date };
}

/** What is packed as gzip or zstd comes unpacked. */
async function unpack(name: string, bytes: Buffer, unxz: Unxz | undefined): Promise<Buffer> {
  if (name.endsWith('.lz4')) return unlz4(bytes, MAX_INDEX, name);
  if (!name.endsWith('.xz')) return bytes;
  if (!unxz) throw new ScanError('feed-invalid', `${name} is packed with xz, which is not read here; unpack it first`);
  return unxz(bytes, MAX_INDEX, name);
}
