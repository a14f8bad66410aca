/** Repairs an image: newer packages from its distribution's signed archive, in one layer on top. This file is the recipe. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RepairResult } from '@pratique/contract';
import type { ContentSource, RawManifest } from '@pratique/oci';
import { ComposeError } from '../error.ts';
import { Tree } from '../files/tree.ts';
import { writeLayer } from '../layer/write-layer.ts';
import { apkFamily } from './apk/family.ts';
import { debianFamily } from './debian/family.ts';
import { distributionOf } from './distribution.ts';
import type { Family, FamilyContext, Patient, Planned, RepairPhase, RepositoryPlace, WantedPackage } from './family.ts';
import { applyLayer } from './image/apply-layer.ts';
import { differenceBetween } from './image/difference.ts';
import { type ReadImage, readImage } from './image/read-image.ts';
import { type EarlierRepair, findEarlierRepair, rewriteImage, serveRepaired } from './image/write-image.ts';
import { rpmFamily } from './rpm/family.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { type SmokeOptions, smokeStart } from './sandbox/smoke-start.ts';

export type RepairOptions = {
  source: ContentSource;
  /** Tag or digest of one image's manifest; of an index, one of its children. */
  reference: string;
  fetch: typeof globalThis.fetch;
  /** Packages and indexes are kept here by their hash, which is checked on every read; may be shared with `compose`. */
  cacheDir: string;
  now: () => Date;
  /** Where apt's configuration is, for mirrors and keyrings; `/etc/apt` by default. */
  aptDir?: string;
  /** Mirror, repositories and keys, where they are not the machine's or the distribution's own. */
  archives?: RepositoryPlace | ((distribution: string) => RepositoryPlace);
  /** Takes release files past their Valid-Until: for a copy that somebody carried here. */
  allowExpired?: boolean;
  /** Only these packages and what they need; all upgrades by default. */
  onlyFindings?: readonly WantedPackage[];
  /** Release files that were seen before (`sources` of earlier results): an older one is refused. */
  seen?: readonly { uri: string; date: string }[];
  /** Where scripts run that cannot be carried out on the tree; without one such packages are left. */
  sandbox?: Sandbox | null;
  /** Starts the original and the repaired image for some seconds; one that starts otherwise is no repair. */
  smokeStart?: SmokeOptions | null;
  /** Whether the image of this digest is a repair of an earlier time; by default what its labels say of it is believed. */
  isRepair?: (digest: string) => boolean;
  /** Bytes of all layers unpacked together; they lie in a temporary folder meanwhile. 32 GiB by default. */
  maxImageBytes?: number;
  /** Where temporary folders are made; the system's by default. */
  temporaryDir?: string;
  progress?: (event: { phase: RepairPhase; done: number; total: number; what?: string }) => void;
  signal?: AbortSignal;
};

export type RepairedImage = {
  result: RepairResult;
  /** The repaired image, or the one that was given where there was nothing to do. */
  manifest: RawManifest;
  /** Serves the repaired image; what did not change comes from the source that was given. */
  source: ContentSource;
  /** Removes the temporary files behind `source`. */
  close(): Promise<void>;
};

const FAMILIES: readonly Family[] = [debianFamily, apkFamily, rpmFamily];
const MAX_IMAGE_BYTES = 32 * 1024 ** 3;

/**
 * Brings an image's packages to the versions that its release's own suites offer. The same image and the same packages
 * make the same bytes. Packages that cannot be upgraded are in `result.left`, each with its reason.
 *
 * `result.gone` and `result.new` are empty: they need a scan of the new image.
 *
 * @throws ComposeError `image-unsupported`, `database-invalid`, `release-signature`, `release-expired`,
 *   `release-rollback`, `hash-mismatch`, `archive-unreachable`, `archive-invalid`, `sources-invalid`, `package-invalid`,
 *   `too-large`, `start-differs`; OciError of the source
 */
export async function repairImage(options: RepairOptions): Promise<RepairedImage> {
  await mkdir(options.cacheDir, { recursive: true });
  const folder = await mkdtemp(join(options.temporaryDir ?? tmpdir(), 'pratique-repair-'));
  const close = () => rm(folder, { recursive: true, force: true });
  let image: ReadImage | null = null;
  try {
    image = await readImage(
      options.source,
      options.reference,
      join(folder, 'layers'),
      options.maxImageBytes ?? MAX_IMAGE_BYTES,
      { signal: options.signal, progress: (done, total) => report(options, 'read', done, total) },
    );
    return await repair(image, options, folder, close);
  } catch (error) {
    await close();
    throw error;
  } finally {
    image?.close();
  }
}

async function repair(
  image: ReadImage,
  options: RepairOptions,
  folder: string,
  close: () => Promise<void>,
): Promise<RepairedImage> {
  // A label that was forged would make us drop a layer that is no repair.
  const earlier = (options.isRepair?.(image.raw.digest) ?? true) ? findEarlierRepair(image) : null;
  const { base, current } = readTrees(image, earlier);
  const context = contextOf(options, folder, current);
  const patient = openPatient(current, image, context);
  let chosen = patient;
  try {
    const planned = await patient.plan();
    const nothing = (): RepairedImage => ({
      result: resultOf(image, earlier, planned, null),
      manifest: image.raw,
      source: options.source,
      close,
    });
    if (planned.upgrades === 0) return nothing();
    chosen = await startingPoint(patient, planned, earlier ? base : null, image, context);
    const repaired = await chosen.apply();
    if (repaired.status === 'nothing') {
      const { left, scripts } = repaired;
      return { ...nothing(), result: { ...resultOf(image, earlier, { ...planned, left }, null), scripts } };
    }
    const smoke = options.smokeStart
      ? await smokeStart(current, repaired.tree, image.config, options.smokeStart)
      : null;
    report(options, 'layer', 0, 1);
    const { tree, whiteouts } = differenceBetween(base, repaired.tree, repaired.created);
    const layer = await writeLayer(tree, Number.MAX_SAFE_INTEGER, join(folder, 'layer'), whiteouts);
    if (earlier && layer.diffId === image.config.rootfs.diff_ids.at(-1)) return nothing();
    const note = `${repaired.upgraded.length} packages`;
    const written = rewriteImage(image, earlier, layer, repaired.created, note);
    report(options, 'layer', 1, 1);
    const { digest, diffId, size, bytes } = layer;
    return {
      result: {
        ...resultOf(image, earlier, { ...planned, left: repaired.left }, written.manifest.digest),
        upgraded: repaired.upgraded,
        scripts: repaired.scripts,
        differences: repaired.differences,
        smoke,
        layer: {
          digest,
          diffId,
          size,
          bytes,
          packageBytes: repaired.packageBytes,
          replaces: earlier?.layer.digest ?? null,
        },
      },
      manifest: written.manifest,
      source: serveRepaired(options.source, written, layer),
      close,
    };
  } finally {
    await patient.close();
    if (chosen !== patient) await chosen.close();
  }
}

/** The image without an earlier repair, and as it is. */
function readTrees(image: ReadImage, earlier: EarlierRepair | null): { base: Tree; current: Tree } {
  const base = new Tree(0);
  const layers = earlier ? image.layers.slice(0, -1) : image.layers;
  for (const layer of layers) applyLayer(base, layer);
  const last = image.layers.at(-1);
  if (!earlier || !last) return { base, current: base };
  const current = base.copy();
  applyLayer(current, last);
  return { base, current };
}

/**
 * A second repair starts from the original, so that it makes the bytes that a first one would make now; unless that would
 * take back what the earlier one brought (the archive may no longer have it), or only some packages are asked for.
 */
async function startingPoint(
  patient: Patient,
  planned: Planned,
  base: Tree | null,
  image: ReadImage,
  context: FamilyContext,
): Promise<Patient> {
  if (!base || context.only) return patient;
  const fresh = openPatient(base, image, context);
  const { versions } = await fresh.plan();
  const keeps = [...planned.versions].every(([name, version]) => {
    const then = versions.get(name);
    return then !== undefined && fresh.compareVersions(then, version) >= 0;
  });
  if (keeps) return fresh;
  await fresh.close();
  return patient;
}

function openPatient(tree: Tree, image: ReadImage, context: FamilyContext): Patient {
  for (const family of FAMILIES) {
    const found = family.detect(tree, image.config.architecture);
    if (found) return found.open(context);
  }
  throw new ComposeError(
    'image-unsupported',
    'the image has no package database that can be repaired (dpkg, apk, rpm)',
  );
}

function contextOf(options: RepairOptions, folder: string, tree: Tree): FamilyContext {
  const { archives = {} } = options;
  return {
    fetch: options.fetch,
    cacheDir: options.cacheDir,
    folder,
    now: options.now,
    aptDir: options.aptDir,
    archives: typeof archives === 'function' ? archives(distributionOf(tree)) : archives,
    allowExpired: options.allowExpired ?? false,
    seen: options.seen ?? [],
    only: options.onlyFindings ?? null,
    sandbox: options.sandbox ?? null,
    signal: options.signal,
    progress: (phase, done, total, what) => report(options, phase, done, total, what),
  };
}

function resultOf(
  image: ReadImage,
  earlier: EarlierRepair | null,
  planned: Pick<Planned, 'left' | 'sources'>,
  to: string | null,
): RepairResult {
  return {
    from: image.raw.digest,
    to,
    original: earlier?.original ?? image.raw.digest,
    upgraded: [],
    gone: [],
    left: planned.left,
    new: [],
    scripts: [],
    differences: [],
    layer: null,
    sources: planned.sources,
    smoke: null,
  };
}

function report(options: RepairOptions, phase: RepairPhase, done: number, total: number, what?: string): void {
  options.progress?.({ phase, done, total, ...(what === undefined ? {} : { what }) });
}
