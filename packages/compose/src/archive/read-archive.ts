/** Reads what a release's own suites offer: signed release files, and the indexes that they vouch for, when asked for. */
import { access } from 'node:fs/promises';
import { ComposeError } from '../error.ts';
import { type Download, fetchBounded, sha256 } from './download.ts';
import { fetchIndex, MAX_RELEASE_BYTES, SUFFIXES } from './open-archive.ts';
import { type AptSource, readAptSources } from './read-apt-sources.ts';
import { readKeyring } from './read-keyring.ts';
import { type Release, readRelease } from './release.ts';
import { type Keyring, verifyRelease } from './verify-release.ts';

/** Distributions whose archives have this form. */
export const ARCHIVES = {
  debian: {
    mirror: 'http://deb.debian.org/debian',
    securityMirror: 'http://deb.debian.org/debian-security',
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  ubuntu: {
    mirror: 'http://archive.ubuntu.com/ubuntu',
    securityMirror: 'http://security.ubuntu.com/ubuntu',
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
  },
} as const;
export type ArchiveName = keyof typeof ARCHIVES;

/** What is not said comes from the machine's apt configuration, else from the distribution's own defaults. */
export type ArchivePlace = {
  mirror?: string | undefined;
  /** Of the security suite; for a mirror that was named, the same mirror or the one beside it. */
  securityMirror?: string | undefined;
  keyring?: string | undefined;
};

export type ArchiveRequest = ArchivePlace & {
  distribution: ArchiveName;
  codename: string;
  /** Keys that count instead of those of a file. */
  keys?: Keyring | undefined;
};

export type ArchiveDeps = Download & {
  now: () => Date;
  /** `/etc/apt` by default. */
  aptDir?: string;
  /** Takes release files past their Valid-Until: for a copy that somebody carried here. */
  allowExpired?: boolean;
};

export type ArchiveSuite = {
  /** `bookworm`, `bookworm-updates`, `bookworm-security`. */
  name: string;
  url: string;
  /** Of the InRelease file, `sha256:...`. */
  digest: string;
  signedBy: string[];
  date: Date;
  validUntil: Date | null;
  /** What the release file says of itself. */
  release: Pick<Release, 'suite' | 'codename' | 'origin' | 'label' | 'version' | 'components'>;
  mirror: string;
  /**
   * The Packages file, checked. @returns null where the signed release says that the suite has none of that architecture
   * @throws ComposeError as `fetchIndex`
   */
  index: (component: string, architecture: string) => Promise<Buffer | null>;
};

/**
 * Opens base, updates and security suite of a release. Nothing is believed before its signature is.
 *
 * apt at its default priorities takes the highest version over these three (apt_preferences(5): 500 each). A suite that
 * says `NotAutomatic: yes`, as backports do, has priority 1 or 100 and does not count; it is refused here.
 *
 * @throws ComposeError `sources-invalid`, `release-signature`, `release-expired`, `release-mismatch`,
 *   `archive-unreachable`, `archive-invalid`, `too-large`
 */
export async function readArchive(request: ArchiveRequest, deps: ArchiveDeps): Promise<ArchiveSuite[]> {
  const opened = await openArchive(request, deps);
  return opened.map(({ url, suite }) => {
    if (!suite) throw new ComposeError('archive-invalid', `the archive has no ${url}`);
    return suite;
  });
}

/** As `readArchive`; a suite that the archive does not have is null: it may be too old, or too new to have one. */
export async function openArchive(
  request: ArchiveRequest,
  deps: ArchiveDeps,
): Promise<{ name: string; url: string; suite: ArchiveSuite | null }[]> {
  const { codename } = request;
  if (!/^[a-z][a-z0-9.-]{0,99}$/.test(codename))
    throw new ComposeError('request-invalid', `${codename.slice(0, 100)} is not the codename of a release`);
  const { mirror, securityMirror, keyring } = await findArchive(request, deps.aptDir ?? '/etc/apt');
  const suites = [
    { name: codename, mirror },
    { name: `${codename}-updates`, mirror },
    { name: `${codename}-security`, mirror: securityMirror },
  ];
  return Promise.all(
    suites.map(async ({ name, mirror: address }) => {
      const url = `${checked(address)}/dists/${name}/InRelease`;
      return { name, url, suite: await openOne(name, checked(address), keyring, deps) };
    }),
  );
}

async function openOne(
  name: string,
  mirror: string,
  keyring: Keyring,
  deps: ArchiveDeps,
): Promise<ArchiveSuite | null> {
  const folder = `${mirror}/dists/${name}`;
  const url = `${folder}/InRelease`;
  const bytes = await fetchBounded(deps, url, MAX_RELEASE_BYTES);
  if (!bytes) return null;
  const { text, signedBy } = await verifyRelease(bytes, keyring, deps.now(), url);
  const release = readRelease(text, name, deps.now(), url, { allowExpired: deps.allowExpired ?? false });
  if (release.notAutomatic)
    throw new ComposeError('release-mismatch', `${url} is of a suite from which apt takes nothing by itself`);
  return {
    name,
    url,
    digest: `sha256:${sha256(bytes)}`,
    signedBy,
    date: release.date,
    validUntil: release.validUntil,
    release,
    mirror,
    index: async (component, architecture) => {
      const path = `${component}/binary-${architecture}/Packages`;
      if (!SUFFIXES.some((suffix) => release.files.has(path + suffix))) return null;
      return fetchIndex(deps, folder, release, path);
    },
  };
}

async function findArchive(
  request: ArchiveRequest,
  aptDir: string,
): Promise<{ mirror: string; securityMirror: string; keyring: Keyring }> {
  const { distribution, codename } = request;
  const defaults = ARCHIVES[distribution];
  const needed = request.mirror === undefined || (request.keyring === undefined && request.keys === undefined);
  const configured = needed ? await readAptSources(aptDir) : [];
  const of = (suite: string): AptSource | undefined =>
    configured.find((one) => one.suite === suite && one.components.includes('main')) ??
    // Mirrors carry all releases; those of other distributions are told by their folder.
    configured.find(
      (one) =>
        one.suite.endsWith('-security') === suite.endsWith('-security') &&
        new RegExp(`/${distribution}(?:-security)?/?$`).test(one.uri) &&
        one.components.includes('main'),
    );
  const base = of(codename);
  const mirror = request.mirror ?? base?.uri ?? defaults.mirror;
  const besides = /\/debian\/?$/.test(mirror) ? mirror.replace(/\/debian\/?$/, '/debian-security') : mirror;
  const security = request.mirror === undefined ? (of(`${codename}-security`)?.uri ?? null) : besides;
  const key = request.keyring ?? base?.signedBy ?? ((await isThere(defaults.keyring)) ? defaults.keyring : null);
  return {
    mirror,
    securityMirror: request.securityMirror ?? security ?? (base ? besides : defaults.securityMirror),
    keyring: request.keys ?? (await readKeyring(key, aptDir)),
  };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function checked(mirror: string): string {
  if (!/^https?:\/\/[^\s]+$/.test(mirror))
    throw new ComposeError('sources-invalid', `the archive ${mirror.slice(0, 200)} is not at an http or https address`);
  return mirror.replace(/\/+$/, '');
}
