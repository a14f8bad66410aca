/** The repaired image: the original's layers and one more, with a configuration and manifest that say so. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  type ContentSource,
  type Descriptor,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  type ImageManifest,
  OCI_LAYER_GZIP,
  OciError,
  type RawManifest,
} from '@pratique/oci';
import type { WrittenLayer } from '../../layer/write-layer.ts';
import type { ImageConfig, ReadImage } from './read-image.ts';

/** Labels of the configuration, annotations of the manifest: what was repaired, and which layer is the repair. */
export const REPAIRED_FROM = 'dev.pratique.repaired-from';
export const REPAIR_LAYER = 'dev.pratique.repair.layer';
const CREATED_BY = 'pratique repair';

/** The repair that an image already carries as its last layer. */
export type EarlierRepair = { original: string; layer: Descriptor };

/**
 * Finds the layer of an earlier repair. It counts only as the last layer, named by its diff id: an image built on a
 * repaired one inherits the label and has other layers above.
 */
export function findEarlierRepair({ config, manifest }: Pick<ReadImage, 'config' | 'manifest'>): EarlierRepair | null {
  const labels = config.config?.Labels ?? {};
  const last = manifest.layers.at(-1);
  const original = labels[REPAIRED_FROM];
  const ours = config.history?.at(-1)?.created_by === CREATED_BY;
  if (!last || !ours || !original || !/^sha256:[a-f0-9]{64}$/.test(original)) return null;
  return labels[REPAIR_LAYER] === config.rootfs.diff_ids.at(-1) ? { original, layer: last } : null;
}

export type Rewritten = { manifest: RawManifest; config: Buffer; configDescriptor: Descriptor };

/**
 * Configuration and manifest with the layer in place of an earlier repair's. Everything else that was there stays.
 *
 * @param created seconds since 1970, of the newest file that came with the packages
 * @see image-spec 1.1 config.md, manifest.md
 */
export function rewriteImage(
  image: ReadImage,
  earlier: EarlierRepair | null,
  layer: WrittenLayer,
  created: number,
  note: string,
): Rewritten {
  const original = earlier?.original ?? image.raw.digest;
  const kept = earlier ? image.manifest.layers.slice(0, -1) : image.manifest.layers;
  const diffIds = earlier ? image.config.rootfs.diff_ids.slice(0, -1) : image.config.rootfs.diff_ids;
  const docker = image.raw.mediaType === DOCKER_MANIFEST;
  const config = json({
    ...image.config,
    created: later(image.config.created, created),
    config: {
      ...image.config.config,
      Labels: { ...image.config.config?.Labels, [REPAIRED_FROM]: original, [REPAIR_LAYER]: layer.diffId },
    },
    rootfs: { ...image.config.rootfs, diff_ids: [...diffIds, layer.diffId] },
    ...historyOf(image.config, kept.length, earlier !== null, created, note),
  });
  const configDescriptor: Descriptor = { ...image.manifest.config, digest: digestOf(config), size: config.length };
  const bytes = json({
    ...image.manifest,
    config: configDescriptor,
    layers: [
      ...kept,
      { mediaType: docker ? DOCKER_LAYER_GZIP : OCI_LAYER_GZIP, digest: layer.digest, size: layer.size },
    ],
    // Docker's manifests know no annotations; the labels say the same.
    ...(docker
      ? {}
      : { annotations: { ...image.manifest.annotations, [REPAIRED_FROM]: original, [REPAIR_LAYER]: layer.digest } }),
  } satisfies ImageManifest);
  return { manifest: { digest: digestOf(bytes), mediaType: image.raw.mediaType, bytes }, config, configDescriptor };
}

/** One entry more, where the history is one: the spec lets it be absent, and some tools write too few entries. */
function historyOf(
  config: ImageConfig,
  layers: number,
  repaired: boolean,
  created: number,
  note: string,
): { history?: ImageConfig['history'] } {
  const history = repaired ? config.history?.slice(0, -1) : config.history;
  const entry = { created: isoDate(created), created_by: CREATED_BY, comment: note };
  const kept = (history ?? []).filter((each) => each.empty_layer !== true).length;
  // Entries stand for layers one by one; where some are missing, ours would be taken for another's.
  const missing = Array.from({ length: Math.max(0, layers - kept) }, () => ({ created_by: '' }));
  return { history: [...(history ?? []), ...missing, entry] };
}

/** Serves what was written; everything else comes from where the image came from. */
export function serveRepaired(source: ContentSource, written: Rewritten, layer: WrittenLayer): ContentSource {
  return {
    manifest: async (wanted) => (wanted === written.manifest.digest ? written.manifest : source.manifest(wanted)),
    blob: async (descriptor) => {
      if (descriptor.digest === written.configDescriptor.digest) return Readable.from([written.config]);
      if (descriptor.digest === layer.digest) return createReadStream(layer.path);
      return source.blob(descriptor);
    },
    file: (descriptor) => {
      if (descriptor.digest === layer.digest) return layer.path;
      if (descriptor.digest === written.configDescriptor.digest) return null;
      return source.file?.(descriptor) ?? null;
    },
    referrers: async (digest) => {
      if (digest === written.manifest.digest) return [];
      return source.referrers(digest).catch((error: unknown) => {
        if (error instanceof OciError && error.code === 'not-found') return [];
        throw error;
      });
    },
  };
}

function later(before: string | undefined, created: number): string {
  const at = before === undefined ? Number.NaN : Date.parse(before);
  return before !== undefined && at >= created * 1000 ? before : isoDate(created);
}

const isoDate = (seconds: number): string => new Date(seconds * 1000).toISOString();
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
