/** Composes an image out of a Debian archive. This file is the recipe; each step has a file of its own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContentSource, RawManifest } from '@pratique/oci';
import { chooseSources } from './archive/choose-sources.ts';
import { type Download, fetchVerified } from './archive/download.ts';
import { openSuite, type Suite } from './archive/open-archive.ts';
import type { Candidate } from './archive/packages.ts';
import { ComposeError } from './error.ts';
import { type LayerWithNote, makeImage } from './image.ts';
import { groupId, userId } from './install/accounts.ts';
import { install } from './install/install.ts';
import type { ScriptResult } from './install/run-script.ts';
import type { World } from './install/world.ts';
import { addDirectories } from './layer/add-directory.ts';
import { writeLayer } from './layer/write-layer.ts';
import { describeProvenance, type Provenance } from './provenance.ts';
import { type ARCHITECTURES, type ComposeRequest, readRequest } from './request.ts';
import { resolve } from './resolve/resolve.ts';
import { makeUniverse } from './resolve/universe.ts';
import { startUnpacker } from './unpack/unpacker.ts';

export type ComposePhase = 'release' | 'index' | 'resolve' | 'fetch' | 'unpack' | 'configure' | 'layer';

export type ComposeDeps = {
  fetch: typeof globalThis.fetch;
  /** Packages and indexes are kept here by their hash, which is checked on every read. */
  cacheDir: string;
  /** Where apt's configuration is; `/etc/apt` by default. */
  aptDir?: string;
  now: () => Date;
  progress?: (event: { phase: ComposePhase; done: number; total: number; what?: string }) => void;
};

export type ComposedPackage = {
  name: string;
  version: string;
  architecture: string;
  sha256: string;
  filename: string;
  suite: string;
};

export type ComposedImage = {
  source: ContentSource;
  manifest: RawManifest;
  packages: ComposedPackage[];
  /** One entry for every maintainer script of every package: what became of its effect. */
  scripts: ScriptResult[];
  provenance: Provenance;
  /** Removes the temporary files behind `source`. */
  close(): Promise<void>;
};

/**
 * Makes an image of essential and required packages, `include` and what these depend on. The same release files and
 * arguments make the same bytes.
 *
 * @throws ComposeError; its code says which step refused, its message what and where
 */
export async function compose(request: ComposeRequest, deps: ComposeDeps): Promise<ComposedImage> {
  const wanted = readRequest(request);
  const started = deps.now();
  const progress = (phase: ComposePhase, done: number, total: number, what?: string) =>
    deps.progress?.({ phase, done, total, ...(what === undefined ? {} : { what }) });
  const architecture = wanted.architecture ?? ownArchitecture();
  const download: Download = { fetch: deps.fetch, cacheDir: deps.cacheDir };
  await mkdir(deps.cacheDir, { recursive: true });

  const suites = await openSuites(wanted, architecture, download, deps, progress);
  progress('resolve', 0, 1);
  const universe = makeUniverse(
    suites.map((suite) => suite.index),
    architecture,
    new Set(wanted.exclude),
  );
  // The root is laid out merged from the start: where a package wants that done, the one that only asserts it will do.
  const candidates = resolve(universe, wanted.include, ['usr-is-merged']);
  progress('resolve', 1, 1, `${candidates.length} packages`);

  const created = new Date(Math.max(...suites.map((suite) => suite.release.date.getTime())));
  const now = Math.floor(created.getTime() / 1000);
  const folder = await mkdtemp(join(tmpdir(), 'pratique-compose-'));
  const spool = join(folder, 'spool');
  const close = () => rm(folder, { recursive: true, force: true });
  const unpacker = startUnpacker();
  try {
    await mkdir(spool);
    let fetched = 0;
    const installation = await install(candidates, architecture, now, {
      unpacker,
      folder: spool,
      progress,
      fetch: async (candidate) => {
        const file = await fetchVerified(
          download,
          [`${candidate.mirror}/${candidate.filename}`],
          candidate.expected,
          candidate.filename,
        );
        progress('fetch', ++fetched, candidates.length, candidate.name);
        return file.bytes;
      },
    });
    try {
      checkUser(installation.world, wanted.user);
      const layers = await writeLayers(wanted, installation.world, now, folder, progress);
      const { manifest, source } = makeImage(wanted, architecture, layers, created);
      const provenance = describeProvenance(wanted, suites, candidates, manifest.digest, {
        started,
        finished: deps.now(),
      });
      return { source, manifest, packages: candidates.map(describe), scripts: installation.scripts, provenance, close };
    } finally {
      installation.close();
      await rm(spool, { recursive: true, force: true });
    }
  } catch (error) {
    await close();
    throw error;
  } finally {
    await unpacker.close();
  }
}

type Progress = (phase: ComposePhase, done: number, total: number, what?: string) => void;

async function openSuites(
  wanted: ComposeRequest,
  architecture: string,
  download: Download,
  deps: ComposeDeps,
  progress: Progress,
): Promise<Suite[]> {
  const { suite, security, mirror, securityMirror, keyring } = wanted;
  const updates = wanted.updates ?? false;
  const sources = await chooseSources(
    { suite, security, updates, mirror, securityMirror, keyring },
    deps.aptDir ?? '/etc/apt',
  );
  const suites: Suite[] = [];
  for (const [index, source] of sources.entries()) {
    progress('release', index, sources.length, source.suite);
    // The other suites are named after the codename, whatever name the base suite was asked for by.
    const codename = suites[0]?.release.codename;
    const name = source.role === 'base' || !codename ? source.suite : `${codename}-${source.role}`;
    suites.push(await openSuite(download, source, name, architecture, deps.now()));
    progress('index', index + 1, sources.length, name);
  }
  return suites;
}

/** `--user` names somebody the image has, or a number. */
function checkUser(world: World, user: string | undefined): void {
  if (user === undefined) return;
  const [name = '', group] = user.split(':');
  if (userId(world, name) === null)
    throw new ComposeError(
      'user-unknown',
      `no package makes the user ${name}; name one that is in /etc/passwd, or a number`,
    );
  if (group !== undefined && groupId(world, group) === null)
    throw new ComposeError(
      'user-unknown',
      `no package makes the group ${group}; name one that is in /etc/group, or a number`,
    );
}

/** The packages in one layer, what was added in a second: a change to the program leaves the first as it is. */
async function writeLayers(
  wanted: ComposeRequest,
  world: World,
  now: number,
  folder: string,
  progress: Progress,
): Promise<LayerWithNote[]> {
  const total = wanted.add?.length ? 2 : 1;
  progress('layer', 0, total, 'packages');
  const layers = [
    {
      ...(await writeLayer(world.tree, now, join(folder, 'packages.layer'))),
      note: `pratique compose ${wanted.suite}`,
    },
  ];
  if (wanted.add?.length) {
    progress('layer', 1, total, 'added files');
    const added = await addDirectories(wanted.add, world.tree, now);
    layers.push({
      ...(await writeLayer(added, now, join(folder, 'added.layer'))),
      note: `pratique compose --add ${wanted.add.map(({ to }) => to).join(' ')}`,
    });
  }
  progress('layer', total, total);
  return layers;
}

function ownArchitecture(): string {
  const names: Record<string, (typeof ARCHITECTURES)[number]> = {
    x64: 'amd64',
    arm64: 'arm64',
    arm: 'armhf',
    ia32: 'i386',
    ppc64: 'ppc64el',
    s390x: 's390x',
    riscv64: 'riscv64',
  };
  return names[process.arch] ?? 'amd64';
}

function describe({ name, version, architecture, expected, filename, suite }: Candidate): ComposedPackage {
  return { name, version, architecture, sha256: expected.sha256, filename, suite };
}
