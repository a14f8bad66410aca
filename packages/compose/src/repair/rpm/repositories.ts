/** Opens the repositories of an image's release: addresses and keys are those of whoever repairs, never the image's. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepairSource } from '@pratique/contract';
import { ComposeError } from '../../error.ts';
import type { FamilyContext } from '../family.ts';
import { type RpmOffer, readRpmRepository } from './read-repository.ts';
import { type RpmKeys, readRpmKeys } from './signature.ts';
import type { RpmSystem } from './system.ts';

export type RpmRepositories = {
  offers: RpmOffer[];
  /** Of each repository that says which of its packages are security updates. */
  security: ReadonlySet<string>[];
  keys: RpmKeys;
  missing: string[];
  sources: RepairSource[];
};

type Places = { mirror: string; paths: (version: string, architecture: string) => string[] };
const enterprise = (mirror: string): Places => ({
  mirror,
  paths: (version, architecture) =>
    ['BaseOS', 'AppStream'].map((each) => `${version.split('.')[0]}/${each}/${architecture}/os`),
});
/** By the distribution's ID in os-release; the others have to be named. */
const PLACES: Record<string, Places> = {
  almalinux: enterprise('https://repo.almalinux.org/almalinux'),
  rocky: enterprise('https://dl.rockylinux.org/pub/rocky'),
  centos: {
    mirror: 'https://mirror.stream.centos.org',
    paths: (version, architecture) =>
      ['BaseOS', 'AppStream'].map((each) => `${version}-stream/${each}/${architecture}/os`),
  },
  rhel: {
    mirror: 'https://cdn-ubi.redhat.com/content/public/ubi/dist',
    paths: (version, architecture) => {
      const [major] = version.split('.');
      return ['baseos', 'appstream'].map((each) => `ubi${major}/${major}/${architecture}/${each}/os`);
    },
  },
  fedora: {
    mirror: 'https://dl.fedoraproject.org/pub/fedora/linux',
    paths: (version, architecture) => [
      `releases/${version}/Everything/${architecture}/os`,
      `updates/${version}/Everything/${architecture}`,
    ],
  },
  'opensuse-leap': {
    mirror: 'https://download.opensuse.org',
    paths: (version) => [
      `distribution/leap/${version}/repo/oss`,
      `update/leap/${version}/oss`,
      `update/leap/${version}/sle`,
    ],
  },
};
const MACHINE_KEYS = '/etc/pki/rpm-gpg';
const MAX_KEY_BYTES = 4 * 1024 * 1024;
const MAX_KEY_FILES = 200;

/**
 * @throws ComposeError `sources-invalid`, `image-unsupported`, `release-signature`, `release-rollback`,
 *   `archive-unreachable`, `archive-invalid`
 */
export async function openRpmRepositories(
  system: RpmSystem,
  context: Pick<FamilyContext, 'archives' | 'fetch' | 'cacheDir' | 'seen' | 'now' | 'progress'>,
): Promise<RpmRepositories> {
  const bases = basesOf(system, context.archives);
  const keys = await readKeys(context.archives.keyring);
  const opened: RpmRepositories = { offers: [], security: [], keys, missing: [], sources: [] };
  for (const [at, base] of bases.entries()) {
    context.progress('release', at, bases.length, base);
    const suite = base.replace(/^https?:\/\/[^/]+\//, '');
    const repository = await readRpmRepository(base, suite, system.architecture, keys, context);
    if (!repository) {
      opened.missing.push(suite);
      continue;
    }
    const { url, date, digest, signedBy } = repository;
    const before = context.seen.find(({ uri }) => uri === url);
    if (before && date.getTime() < Date.parse(before.date))
      throw new ComposeError(
        'release-rollback',
        `${url} is of ${date.toISOString()}, older than the one of ${before.date} that was seen before: somebody hands out an old list`,
      );
    opened.offers.push(...repository.offers);
    if (repository.security) opened.security.push(repository.security);
    opened.sources.push({ uri: url, suite, digest, date: date.toISOString(), validUntil: null, signedBy });
  }
  if (opened.sources.length === 0 && context.archives.repositories !== undefined)
    throw new ComposeError('archive-invalid', `none of the repositories is there: ${bases.join(', ')}`);
  return opened;
}

function basesOf({ distribution, version, architecture }: RpmSystem, archives: FamilyContext['archives']): string[] {
  const { mirror, repositories } = archives;
  if (repositories !== undefined && repositories.length > 0) return repositories.map(checked);
  const places = PLACES[distribution];
  if (!places || version === '')
    throw new ComposeError(
      'image-unsupported',
      `the distribution ${distribution || 'of the image'} has repositories of its own; name them with --repository, and their keys with --keyring`,
    );
  const base = checked(mirror ?? places.mirror);
  return places.paths(version, architecture).map((path) => `${base}/${path}`);
}

function checked(address: string): string {
  if (!/^https?:\/\/[^\s]+$/.test(address))
    throw new ComposeError(
      'sources-invalid',
      `the repository ${address.slice(0, 200)} is not at an http or https address`,
    );
  return address.replace(/\/+$/, '');
}

/** A keyring or a folder of them where one is named, else the machine's own. @throws ComposeError `sources-invalid` */
async function readKeys(place: string | undefined): Promise<RpmKeys> {
  const from = place ?? MACHINE_KEYS;
  const status = await stat(from).catch(() => null);
  if (!status)
    throw new ComposeError(
      'sources-invalid',
      place === undefined
        ? `this machine has no keys of rpm repositories (${MACHINE_KEYS}); name the distribution’s with --keyring`
        : `the keyring ${place} cannot be read`,
    );
  const paths = status.isDirectory() ? (await readdir(from)).sort().map((name) => join(from, name)) : [from];
  const found: RpmKeys['keys'][number][] = [];
  for (const path of paths.slice(0, MAX_KEY_FILES)) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (bytes.length === 0 || bytes.length > MAX_KEY_BYTES) continue;
    try {
      found.push(...(await readRpmKeys({ name: path, bytes, fingerprints: [] })).keys);
    } catch (error) {
      // One file of a folder may be something else; a file that was named may not.
      if (!status.isDirectory()) throw error;
    }
  }
  if (found.length === 0) throw new ComposeError('sources-invalid', `${from} holds no key that can be read`);
  return { name: from, keys: found };
}
