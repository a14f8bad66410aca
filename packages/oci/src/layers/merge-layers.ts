/** Merges the layers of an image into one read-only tree, walking each layer once. */
import { applyEntry } from './apply-layer.ts';
import type { Examine } from './examine.ts';
import { DEFAULT_LAYER_LIMITS, type LayerLimits } from './limits.ts';
import { type LayerInput, readLayer } from './read-layer.ts';
import { ImageTree } from './tree.ts';

export type MergeOptions = {
  examine: Examine;
  limits?: Partial<LayerLimits> | undefined;
  signal?: AbortSignal | undefined;
  /** Called as compressed bytes are read: layer counts from 0, `bytes` are uncompressed bytes of that layer so far. */
  progress?: ((event: { layer: number; layers: number; bytes: number }) => void) | undefined;
};

export type MergedImage = {
  tree: ImageTree;
  /** Blob digest and diff id of each layer, as found. */
  layers: { digest: string; diffId: string }[];
};

/**
 * Reads all layers, lowest first. Every blob digest and diff id is verified; nothing is written to disk.
 *
 * @throws OciError as `readLayer`; a damaged layer is a fault, since nothing sure can be said of the image then
 */
export async function mergeLayers(layers: readonly LayerInput[], options: MergeOptions): Promise<MergedImage> {
  const limits: LayerLimits = { ...DEFAULT_LAYER_LIMITS, ...options.limits };
  const tree = new ImageTree();
  const read: MergedImage['layers'] = [];
  const before = { bytes: 0, entries: 0 };
  for (const [index, layer] of layers.entries()) {
    options.signal?.throwIfAborted();
    const target = { tree, layer: index, name: layer.descriptor.digest, examine: options.examine, limits };
    const result = await readLayer(layer, (entry) => applyEntry(target, entry), {
      limits,
      before,
      signal: options.signal,
      progress: (bytes) => options.progress?.({ layer: index, layers: layers.length, bytes }),
    });
    before.bytes += result.bytes;
    before.entries += result.entries;
    read.push({ digest: layer.descriptor.digest, diffId: result.diffId });
  }
  return { tree, layers: read };
}
