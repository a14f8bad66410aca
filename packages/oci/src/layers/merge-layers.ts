/** Merges the layers of an image into one read-only tree, walking each layer once. */
import type { LayerTarget } from './apply-layer.ts';
import type { Examine } from './examine.ts';
import type { InspectedFacts, Inspector } from './inspect.ts';
import type { LayerMemory, LayerRecord } from './layer-record.ts';
import { DEFAULT_LAYER_LIMITS, type LayerLimits } from './limits.ts';
import { type Ahead, readAhead } from './read-ahead.ts';
import { BESIDE_BYTES, type LayerInput, mayStartThreads, type ReadLayerOptions } from './read-layer.ts';
import { recordLayer } from './record-layer.ts';
import { crossesLink, type ReadSoFar, RecordDiffers, replayLayer } from './replay-layer.ts';
import { ImageTree } from './tree.ts';

/** A layer below which another thread is not worth its start. */
const AHEAD_BESIDE_BYTES = 4 * 1024 * 1024;

export type MergeOptions = {
  examine: Examine;
  limits?: Partial<LayerLimits> | undefined;
  signal?: AbortSignal | undefined;
  /** Called as bytes are read: layer counts from 0, `bytes` are uncompressed bytes of that layer so far; not of those ahead. */
  progress?: ((event: { layer: number; layers: number; bytes: number }) => void) | undefined;
  /** Bytes of a blob from which it is decompressed in a thread beside; a large layer's by default. */
  besideBytes?: number | undefined;
  /** Layers that it knows are not opened. */
  memory?: LayerMemory | undefined;
  /** Sees whole contents; what it finds is remembered with the layer. */
  inspector?: Inspector | undefined;
  /** False once an examination could depend on what came before in the same image; nothing is remembered from then on. */
  repeatable?: (() => boolean) | undefined;
};

export type MergedImage = {
  tree: ImageTree;
  /** Blob digest and diff id of each layer, as found. */
  layers: { digest: string; diffId: string }[];
  /** What the inspector found, in the order of layers and their entries, of files that later layers take away too. */
  facts: InspectedFacts[];
};

/**
 * Reads all layers, lowest first. Every blob digest and diff id is verified; nothing is written to disk.
 *
 * @throws OciError as `readLayer`; a damaged layer is a fault, since nothing sure can be said of the image then
 */
export async function mergeLayers(layers: readonly LayerInput[], options: MergeOptions): Promise<MergedImage> {
  try {
    return await mergeOnce(layers, options);
  } catch (error) {
    if (!(error instanceof RecordDiffers)) throw error;
    // Rare: a link below a remembered layer leads elsewhere than where it was read. Each is read in its place then.
    return mergeInOrder(start(layers, { ...options, memory: undefined }), null);
  }
}

async function mergeOnce(layers: readonly LayerInput[], options: MergeOptions): Promise<MergedImage> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const merge = start(layers, { ...options, signal });
  const ahead = worthReadingAhead(layers, options)
    ? readAhead(layers.length, (index) => readAlone(merge, index))
    : null;
  try {
    return await mergeInOrder(merge, ahead);
  } finally {
    stop.abort();
    await ahead?.end();
    await Promise.allSettled(merge.kept);
  }
}

const start = (layers: readonly LayerInput[], options: MergeOptions): Merge => ({
  options,
  limits: { ...DEFAULT_LAYER_LIMITS, ...options.limits },
  layers,
  kept: [],
});

type Read = ReadSoFar & { diffId: string; facts: InspectedFacts[] };

const hands = ({ options }: Merge): { examine: Examine; inspector: Inspector | null } => ({
  examine: options.examine,
  inspector: options.inspector ?? null,
});

type Merge = {
  options: MergeOptions;
  limits: LayerLimits;
  layers: readonly LayerInput[];
  /** Records are written while the next layer is read. */
  kept: Promise<void>[];
};

async function mergeInOrder(merge: Merge, ahead: Ahead | null): Promise<MergedImage> {
  const { layers, limits, options } = merge;
  const tree = new ImageTree();
  const read: MergedImage['layers'] = [];
  const facts: InspectedFacts[] = [];
  const before: ReadSoFar = { bytes: 0, entries: 0 };
  for (const [index, layer] of layers.entries()) {
    options.signal?.throwIfAborted();
    const to = { tree, layer: index, name: layer.descriptor.digest, limits };
    const reading = { limits, before, besideBytes: options.besideBytes, ...watched(merge, index) };
    const known = (await (ahead?.take(index) ?? recall(merge, layer))) ?? null;
    const inPlace = (): Promise<Read> => readInPlace(merge, to, layer, reading);
    const result =
      known && !crossesLink(tree, known)
        ? replayLayer(to, known, before)
        : await (ahead ? ahead.own(index, inPlace) : inPlace());
    before.bytes += result.bytes;
    before.entries += result.entries;
    read.push({ digest: layer.descriptor.digest, diffId: result.diffId });
    for (const each of result.facts) facts.push(each); // too many for the arguments of one call
  }
  return { tree, layers: read, facts };
}

/** Where threads may be started, and what they would read together is more than their start costs. */
function worthReadingAhead(layers: readonly LayerInput[], { besideBytes = BESIDE_BYTES }: MergeOptions): boolean {
  const bytes = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  return layers.length > 1 && bytes >= besideBytes && mayStartThreads();
}

async function recall({ options }: Merge, layer: LayerInput): Promise<LayerRecord | null> {
  const known = (await options.memory?.recall(layer)) ?? null;
  return known !== null && (layer.diffId === null || layer.diffId === known.diffId) ? known : null;
}

async function readInPlace(
  merge: Merge,
  to: Omit<LayerTarget, 'file'>,
  layer: LayerInput,
  reading: ReadLayerOptions,
): Promise<Read> {
  const { record, ...result } = await recordLayer(
    to,
    layer,
    { ...hands(merge), remember: Boolean(merge.options.memory) },
    reading,
  );
  keep(merge, layer, record);
  return result;
}

/** As if there were no layers below it. @returns null where it must be read in its place */
async function readAlone(merge: Merge, index: number): Promise<LayerRecord | null> {
  const { layers, limits, options } = merge;
  const layer = layers[index];
  if (!layer) return null;
  const known = await recall(merge, layer);
  if (known) return known;
  const to = { tree: new ImageTree(), layer: index, name: layer.descriptor.digest, limits };
  const before: ReadSoFar = { bytes: 0, entries: 0 };
  const besideBytes = Math.min(AHEAD_BESIDE_BYTES, options.besideBytes ?? AHEAD_BESIDE_BYTES);
  const { record } = await recordLayer(
    to,
    layer,
    { ...hands(merge), remember: true },
    {
      limits,
      before,
      besideBytes,
      signal: options.signal,
    },
  );
  keep(merge, layer, record);
  return record;
}

function keep({ options, kept }: Merge, layer: LayerInput, record: LayerRecord | null): void {
  if (record && options.memory && options.repeatable?.() !== false) kept.push(options.memory.keep(layer, record));
}

function watched({ options, layers }: Merge, index: number): Pick<ReadLayerOptions, 'signal' | 'progress'> {
  return {
    signal: options.signal,
    progress: (bytes) => options.progress?.({ layer: index, layers: layers.length, bytes }),
  };
}
