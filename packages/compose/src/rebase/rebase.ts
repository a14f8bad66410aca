/** Puts an application's layers on another base, where nothing speaks against it. This file is the recipe. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RebaseConflict, RebaseResult } from '@pratique/contract';
import type { ContentSource, RawManifest } from '@pratique/oci';
import { readPart } from '../files/content.ts';
import { Tree } from '../files/tree.ts';
import { applyLayer, type SpooledLayer } from '../repair/image/apply-layer.ts';
import { differenceBetween } from '../repair/image/difference.ts';
import { type ReadImage, readImage } from '../repair/image/read-image.ts';
import { readTar } from '../unpack/read-tar.ts';
import type { RebaseTrees } from './changes.ts';
import { findFileConflicts } from './find-file-conflicts.ts';
import { findProgramConflicts } from './find-program-conflicts.ts';
import { findUserConflicts } from './find-user-conflicts.ts';
import { mergeConfig } from './merge-config.ts';
import { type BaseImage, readBase } from './read-base.ts';
import { type BaseIdentity, serveRebased, writeRebased } from './write-rebased.ts';

export type ImagePlace = {
  source: ContentSource /** Tag or digest of one image's manifest, not of an index. */;
  reference: string;
};

export type RebaseOptions = ImagePlace & {
  oldBase: ImagePlace;
  newBase: ImagePlace;
  /** What the annotations say of the new base; the digest is that of an index where the base is one. */
  identity: BaseIdentity;
  /** Bytes of all layers of one image unpacked together; they lie in a temporary folder meanwhile. 32 GiB by default. */
  maxImageBytes?: number;
  temporaryDir?: string;
  progress?: (event: { phase: 'read' | 'compare'; done: number; total: number }) => void;
  signal?: AbortSignal;
};

export type RebasedImage = {
  /** `to` is null where it was refused (`conflicts` say why), or where the image stands on that base already. */
  result: RebaseResult;
  /** The rebased image, or the one that was given. */
  manifest: RawManifest;
  /** Serves the rebased image; layers come from the sources that were given, byte for byte. */
  source: ContentSource;
};

const MAX_IMAGE_BYTES = 32 * 1024 ** 3;
const MAX_CONFLICTS = 100;

/**
 * The application's layers stay as they are, on the layers of the new base. The same images make the same digest.
 * `result.gone`, `left` and `new` are empty: they need a scan of both images.
 *
 * @throws ComposeError `image-unsupported`, `hash-mismatch`, `too-large`; OciError of the sources
 */
export async function rebaseImage(options: RebaseOptions): Promise<RebasedImage> {
  const folder = await mkdtemp(join(options.temporaryDir ?? tmpdir(), 'pratique-rebase-'));
  const open: ReadImage[] = [];
  const read = async ({ source, reference }: ImagePlace, name: string) => {
    const limit = options.maxImageBytes ?? MAX_IMAGE_BYTES;
    const image = await readImage(source, reference, join(folder, name), limit, {
      signal: options.signal,
      progress: (done, total) => options.progress?.({ phase: 'read', done, total }),
    });
    open.push(image);
    return image;
  };
  try {
    const image = await read(options, 'image');
    const newBase = await read(options.newBase, 'new');
    // Its layers are those that the image begins with, or it is not its base.
    const oldBase = await readBase(options.oldBase.source, options.oldBase.reference);
    return rebase(options, image, oldBase, newBase);
  } finally {
    for (const image of open) image.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function rebase(options: RebaseOptions, image: ReadImage, oldBase: BaseImage, newBase: ReadImage): RebasedImage {
  const replaced = oldBase.config.rootfs.diff_ids.length;
  const empty: RebaseResult = {
    from: image.raw.digest,
    to: null,
    platform: [image.config.os ?? 'linux', image.config.architecture ?? 'unknown'].join('/'),
    oldBase: oldBase.raw.digest,
    newBase: newBase.raw.digest,
    layers: { replaced, with: newBase.layers.length, kept: Math.max(0, image.layers.length - replaced) },
    conflicts: [],
    moreConflicts: 0,
    settings: [],
    gone: [],
    left: [],
    new: [],
  };
  const unchanged = (result: RebaseResult): RebasedImage => ({ result, manifest: image.raw, source: options.source });
  const refused = (conflicts: RebaseConflict[]) =>
    unchanged({
      ...empty,
      conflicts: conflicts.slice(0, MAX_CONFLICTS),
      moreConflicts: Math.max(0, conflicts.length - MAX_CONFLICTS),
    });
  if (!beginsWith(image, oldBase)) {
    const detail = `${image.raw.digest} does not begin with the ${replaced} layers of ${oldBase.raw.digest}: it was not built on it`;
    return refused([{ kind: 'not-the-base', path: null, detail }]);
  }
  const { architecture = 'unknown' } = newBase.config;
  if (architecture !== image.config.architecture || (newBase.config.os ?? 'linux') !== (image.config.os ?? 'linux')) {
    const detail = `the image is for ${image.config.architecture ?? 'unknown'}, the new base for ${architecture}`;
    return refused([{ kind: 'architecture', path: null, detail }]);
  }
  if (newBase.layers.length === replaced && beginsWith(image, newBase)) return unchanged(empty);
  const { config, settings, env } = mergeConfig(image.config, oldBase.config, newBase.config);
  options.progress?.({ phase: 'compare', done: 0, total: 1 });
  const trees = readTrees(image, newBase, replaced);
  const user = config.config?.['User'];
  const conflicts = [
    ...findFileConflicts(trees),
    ...findProgramConflicts(trees, env),
    ...findUserConflicts(trees, typeof user === 'string' ? user : ''),
  ];
  options.progress?.({ phase: 'compare', done: 1, total: 1 });
  if (conflicts.length > 0) return refused(conflicts);
  const written = writeRebased(image, newBase, replaced, config, options.identity);
  const base = { source: options.newBase.source, layers: newBase.manifest.layers };
  return {
    result: { ...empty, to: written.manifest.digest, settings },
    manifest: written.manifest,
    source: serveRebased(options.source, base, written),
  };
}

/** By what the layers contain: the same base may be compressed otherwise elsewhere. */
export function beginsWith(image: Pick<ReadImage, 'config'>, base: Pick<ReadImage, 'config'>): boolean {
  const own = image.config.rootfs.diff_ids;
  const first = base.config.rootfs.diff_ids;
  return first.length <= own.length && first.every((diffId, at) => diffId === own[at]);
}

function readTrees(image: ReadImage, newBase: ReadImage, replaced: number): RebaseTrees {
  const treeOf = (layers: readonly SpooledLayer[], on = new Tree(0)) => {
    for (const layer of layers) applyLayer(on, layer);
    return on;
  };
  const own = image.layers.slice(replaced);
  const oldTree = treeOf(image.layers.slice(0, replaced));
  const newTree = treeOf(newBase.layers);
  const application = treeOf(own, oldTree.copy());
  return {
    oldBase: oldTree,
    newBase: newTree,
    application,
    rebased: treeOf(own, newTree.copy()),
    own: new Set(differenceBetween(oldTree, application, 0).paths),
    moved: new Set(differenceBetween(oldTree, newTree, 0).paths),
    written: new Set(own.flatMap(pathsOf)),
  };
}

function pathsOf({ descriptor, offset, size, digest }: SpooledLayer): string[] {
  const read = (at: number, length: number) => readPart(descriptor, offset + at, length);
  return [...readTar(read, size, `layer ${digest}`, 'layer')]
    .map(({ path }) => `/${path}`)
    .filter((path) => path !== '/');
}
