/** Opens the repositories of an image's branch: addresses and keys are those of whoever repairs, never the image's. */
import type { RepairSource } from '@pratique/contract';
import { fetchBounded } from '../../archive/download.ts';
import { ComposeError } from '../../error.ts';
import type { Tree } from '../../files/tree.ts';
import type { FamilyContext } from '../family.ts';
import { type ApkKeys, readApkKeys } from './keys.ts';
import { type ApkOffer, readApkIndex } from './read-index.ts';
import { type ApkSystem, textOf } from './system.ts';

/** Archives by the distribution's ID in os-release; the others have to be named. */
const MIRRORS: Record<string, string> = {
  alpine: 'https://dl-cdn.alpinelinux.org/alpine',
  wolfi: 'https://packages.wolfi.dev/os',
};
const MAX_INDEX_BYTES = 128 * 1024 * 1024;
const COMPONENTS = ['main', 'community', 'testing'] as const;

export type ApkRepositories = {
  offers: ApkOffer[];
  keys: ApkKeys;
  /** Repositories that the archive does not have. */
  missing: string[];
  sources: RepairSource[];
};

/**
 * From the image come its branch and the components that its repositories name; main is always read.
 *
 * @throws ComposeError `sources-invalid`, `image-unsupported`, `release-signature`, `release-rollback`,
 *   `archive-unreachable`, `archive-invalid`
 */
export async function openApkRepositories(
  tree: Tree,
  system: ApkSystem,
  context: Pick<FamilyContext, 'archives' | 'fetch' | 'cacheDir' | 'seen'>,
): Promise<ApkRepositories> {
  const places = placesOf(tree, system, context.archives);
  const keys = await readApkKeys(context.archives.keyring, tree);
  const opened: ApkRepositories = { offers: [], keys, missing: [], sources: [] };
  for (const { base, suite } of places) {
    const folder = `${base}/${system.architecture}`;
    const url = `${folder}/APKINDEX.tar.gz`;
    const bytes = await fetchBounded(context, url, MAX_INDEX_BYTES);
    if (!bytes) {
      opened.missing.push(suite);
      continue;
    }
    const index = await readApkIndex(bytes, keys, { url, folder, suite });
    const before = context.seen.find(({ uri }) => uri === url);
    if (before && index.date.getTime() < Date.parse(before.date))
      throw new ComposeError(
        'release-rollback',
        `${url} is of ${index.date.toISOString()}, older than the one of ${before.date} that was seen before: somebody hands out an old list`,
      );
    opened.offers.push(...index.offers);
    const { digest, signedBy, date } = index;
    opened.sources.push({ uri: url, suite, digest, date: date.toISOString(), validUntil: null, signedBy });
  }
  if (opened.sources.length === 0 && context.archives.repositories !== undefined)
    throw new ComposeError(
      'archive-invalid',
      `none of the repositories has an index for ${system.architecture}: ${places.map(({ base }) => base).join(', ')}`,
    );
  return opened;
}

function placesOf(
  tree: Tree,
  { distribution, branch }: ApkSystem,
  { mirror, repositories }: FamilyContext['archives'],
): { base: string; suite: string }[] {
  if (repositories !== undefined && repositories.length > 0)
    return repositories.map((address) => {
      const base = checked(address);
      return { base, suite: base.split('/').slice(-2).join('/') };
    });
  const archive = mirror ?? MIRRORS[distribution];
  if (archive === undefined)
    throw new ComposeError(
      'image-unsupported',
      `the distribution ${distribution || 'of the image'} has repositories of its own; name them with --repository, and their keys with --keyring`,
    );
  const base = checked(archive);
  if (branch === '') return [{ base, suite: distribution || 'os' }];
  return componentsOf(tree, branch).map((component) => ({
    base: `${base}/${branch}/${component}`,
    suite: `${branch}/${component}`,
  }));
}

/** Main, and what the image's own repositories of this branch name besides; repositories with a tag are for what asks for it. */
function componentsOf(tree: Tree, branch: string): string[] {
  const folder = tree.find('/etc/apk/repositories.d');
  const names = folder?.kind === 'directory' ? [...folder.entries.keys()].filter((name) => name.endsWith('.list')) : [];
  const files = ['/etc/apk/repositories', ...names.sort().map((name) => `/etc/apk/repositories.d/${name}`)];
  const named = new Set<string>(['main']);
  for (const file of files)
    for (const line of textOf(tree, file).split('\n')) {
      const [, at, component = ''] = /^\s*[^#@\s]\S*?\/([^/\s]+)\/([a-z]+)\/?\s*$/.exec(line) ?? [];
      if ((at === branch || at === 'latest-stable') && COMPONENTS.some((each) => each === component))
        named.add(component);
    }
  return COMPONENTS.filter((component) => named.has(component));
}

function checked(address: string): string {
  if (!/^https?:\/\/[^\s]+$/.test(address))
    throw new ComposeError(
      'sources-invalid',
      `the repository ${address.slice(0, 200)} is not at an http or https address`,
    );
  return address.replace(/\/+$/, '');
}
