/** Opens what an image's release offers now: its base, updates and security suites, signed and indexed. */
import { access } from 'node:fs/promises';
import type { RepairSource } from '@pratique/contract';
import { type Candidate, indexPackages, type PackageIndex } from '../../archive/packages.ts';
import { parseAptSources } from '../../archive/read-apt-sources.ts';
import {
  ARCHIVES,
  type ArchiveName,
  type ArchivePlace,
  type ArchiveSuite,
  openArchive,
} from '../../archive/read-archive.ts';
import type { Keyring } from '../../archive/verify-release.ts';
import { ComposeError } from '../../error.ts';
import type { Tree } from '../../files/tree.ts';

export type Role = 'base' | 'updates' | 'security';
export type OpenSuite = { role: Role; suite: ArchiveSuite; indexes: PackageIndex[] };

/** `missing` names suites that the archive no longer has. */
export type Suites = { open: OpenSuite[]; missing: string[]; sources: RepairSource[] };

/** A release file that was seen before: an older one in its place is a rollback. */
export type Seen = { uri: string; date: string };

export type SuitesRequest = {
  distribution: ArchiveName;
  codename: string;
  architecture: string;
  archives: ArchivePlace;
  seen: readonly Seen[];
};
export type SuitesDeps = {
  fetch: typeof globalThis.fetch;
  cacheDir: string;
  now: () => Date;
  aptDir?: string | undefined;
  allowExpired?: boolean | undefined;
};

const ROLES: readonly Role[] = ['base', 'updates', 'security'];
/** Ubuntu's own images list all four; Debian's only main. */
const COMPONENTS: Record<ArchiveName, readonly string[]> = {
  debian: ['main'],
  ubuntu: ['main', 'universe', 'restricted', 'multiverse'],
};
/** The distributions' archive keys; a keyring out of an image counts only as far as it holds these. */
const KNOWN_KEYS: Record<ArchiveName, readonly string[]> = {
  debian: [
    '1F89983E0081FDE018F3CC9673A4F27B8DD47936',
    'AC530D520F2F3269F5E98313A48449044AAD5C5D',
    'A4285295FC7B1A81600062A9605C66F00D6C9793',
    'B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8',
    '05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0',
    '4D64FEC119C2029067D6E791F8D2585B8783D481',
    '04B54C3CDCA79751B16BC6B5225629DF75B188BD',
    '5E04A1E3223A19A20706E20F9904613D4CCE68C6',
    '41587F7DB8C774BCCF131416762F67A0B2C39DE4',
  ],
  ubuntu: ['F6ECB3762474EDA9D21B7022871920D1991BC93C'],
};
const MAX_SOURCES_BYTES = 1024 * 1024;

/**
 * The mirror and the keys are those of whoever repairs: an image that names its own could bring in anything. From the
 * image come its release and the components that its sources name.
 *
 * @throws ComposeError as `openArchive`; `release-rollback`; `archive-invalid` where the mirror has nothing for the architecture
 */
export async function openSuites(tree: Tree, request: SuitesRequest, deps: SuitesDeps): Promise<Suites> {
  const keys = await keysOfImage(tree, request, deps.aptDir ?? '/etc/apt');
  const opened = await openArchive(
    { distribution: request.distribution, codename: request.codename, ...request.archives, keys },
    {
      fetch: deps.fetch,
      cacheDir: deps.cacheDir,
      now: deps.now,
      ...(deps.aptDir === undefined ? {} : { aptDir: deps.aptDir }),
      allowExpired: deps.allowExpired ?? false,
    },
  );
  const components = componentsOf(tree, request);
  const open: OpenSuite[] = [];
  for (const [at, { suite }] of opened.entries()) {
    if (!suite) continue;
    refuseRollback(suite, request.seen);
    const indexes: PackageIndex[] = [];
    for (const component of components) {
      const bytes = await suite.index(component, request.architecture);
      const origin = `${suite.url}: ${component}/binary-${request.architecture}/Packages`;
      if (bytes) indexes.push(indexPackages(bytes, suite.mirror, suite.name, origin));
    }
    const role = ROLES[at] ?? 'base';
    if (role === 'base' && indexes.length === 0)
      throw new ComposeError(
        'archive-invalid',
        `${suite.url} has no packages for ${request.architecture}; name a mirror that has`,
      );
    open.push({ role, suite, indexes });
  }
  return {
    open,
    missing: opened.filter(({ suite }) => suite === null).map(({ name }) => name),
    sources: open.map(({ suite }) => ({
      uri: suite.url,
      suite: suite.name,
      digest: suite.digest,
      date: suite.date.toISOString(),
      validUntil: suite.validUntil?.toISOString() ?? null,
      signedBy: suite.signedBy,
    })),
  };
}

function refuseRollback(suite: ArchiveSuite, seen: readonly Seen[]): void {
  const before = seen.find(({ uri }) => uri === suite.url);
  if (!before || suite.date.getTime() >= Date.parse(before.date)) return;
  throw new ComposeError(
    'release-rollback',
    `${suite.url} is of ${suite.date.toISOString()}, older than the one of ${before.date} that was seen before: somebody hands out an old list`,
  );
}

/** Main and what the image's own sources of this release name besides. */
function componentsOf(tree: Tree, { distribution, codename }: SuitesRequest): string[] {
  const folder = tree.find('/etc/apt/sources.list.d');
  const names = folder?.kind === 'directory' ? [...folder.entries.keys()].sort() : [];
  const paths = ['/etc/apt/sources.list', ...names.map((name) => `/etc/apt/sources.list.d/${name}`)];
  const found = paths.flatMap((path) => {
    const node = tree.find(path);
    if (node?.kind !== 'file' || !/\.(list|sources)$/.test(path) || node.content.size > MAX_SOURCES_BYTES) return [];
    try {
      return parseAptSources(node.content.read().toString('latin1'), path);
    } catch (error) {
      if (error instanceof ComposeError) return []; // apt would not read it either; main is always read
      throw error;
    }
  });
  const own = found
    .filter(({ suite }) => suite === codename || suite.startsWith(`${codename}-`))
    .flatMap(({ components }) => components)
    .filter((name) => /^[a-z][a-z0-9-]{0,30}$/.test(name));
  return [...new Set([...COMPONENTS[distribution], ...own])].slice(0, 10);
}

/** The image's keyring, held to the keys that are known: for machines that have none of the distribution's. */
async function keysOfImage(
  tree: Tree,
  { distribution, archives }: SuitesRequest,
  aptDir: string,
): Promise<Keyring | undefined> {
  const { keyring } = ARCHIVES[distribution];
  if (archives.keyring !== undefined || aptDir !== '/etc/apt') return undefined;
  const here = await access(keyring).then(
    () => true,
    () => false,
  );
  const node = tree.find(keyring);
  if (here || node?.kind !== 'file' || node.content.size > MAX_SOURCES_BYTES) return undefined;
  return {
    name: `the image's ${keyring}`,
    bytes: node.content.read(),
    fingerprints: [...KNOWN_KEYS[distribution]],
  };
}

/** The component that a candidate's file lies in: `pool/main/...`. */
export const componentOf = (candidate: Candidate): string => candidate.filename.split('/')[1] ?? '';
