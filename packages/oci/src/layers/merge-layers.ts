/** Merges the layers of an image into one read-only tree, walking each layer once. */
import { applyEntry, type LayerTarget } from './apply-layer.ts';
import { type Examine, examineFile, examineSparse } from './examine.ts';
import { type LayerMemory, type LayerRecord, LayerRecorder, type RecordedEntry } from './layer-record.ts';
import { DEFAULT_LAYER_LIMITS, type LayerLimits, overLimit } from './limits.ts';
import { type LayerInput, readLayer } from './read-layer.ts';
import { ImageTree } from './tree.ts';

export type MergeOptions = {
  examine: Examine;
  limits?: Partial<LayerLimits> | undefined;
  signal?: AbortSignal | undefined;
  /** Called as compressed bytes are read: layer counts from 0, `bytes` are uncompressed bytes of that layer so far. */
  progress?: ((event: { layer: number; layers: number; bytes: number }) => void) | undefined;
  /** Bytes of a blob from which it is decompressed in a thread beside; a large layer's by default. */
  besideBytes?: number | undefined;
  /** Layers that it knows are not opened. */
  memory?: LayerMemory | undefined;
  /** False once an examination could depend on what came before in the same image; nothing is remembered from then on. */
  repeatable?: (() => boolean) | undefined;
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
  try {
    return await mergeOnce(layers, options);
  } catch (error) {
    if (!(error instanceof RecordDiffers)) throw error;
    // Rare: a link below a remembered layer leads elsewhere than where it was read. Nothing is taken from memory then.
    return mergeOnce(layers, { ...options, memory: undefined });
  }
}

/** A file of a remembered layer lies at another path in this image, where another examination might be due. */
class RecordDiffers extends Error {}

async function mergeOnce(layers: readonly LayerInput[], options: MergeOptions): Promise<MergedImage> {
  const limits: LayerLimits = { ...DEFAULT_LAYER_LIMITS, ...options.limits };
  const tree = new ImageTree();
  const read: MergedImage['layers'] = [];
  const before = { bytes: 0, entries: 0 };
  // Records are written while the next layer is read.
  const kept: Promise<void>[] = [];
  for (const [index, layer] of layers.entries()) {
    options.signal?.throwIfAborted();
    const to = { tree, layer: index, name: layer.descriptor.digest, limits };
    const known = (await options.memory?.recall(layer)) ?? null;
    const matching = known !== null && (layer.diffId === null || layer.diffId === known.diffId) ? known : null;
    const { record, ...result } = matching
      ? { ...replayLayer(to, matching, before), record: null }
      : await recordLayer(to, layer, options, {
          limits,
          before,
          signal: options.signal,
          besideBytes: options.besideBytes,
          progress: (bytes: number) => options.progress?.({ layer: index, layers: layers.length, bytes }),
        });
    before.bytes += result.bytes;
    before.entries += result.entries;
    read.push({ digest: layer.descriptor.digest, diffId: result.diffId });
    if (record && options.memory) kept.push(options.memory.keep(layer, record));
  }
  await Promise.all(kept);
  return { tree, layers: read };
}

type Target = Omit<LayerTarget, 'file'>;
type Read = { diffId: string; bytes: number; entries: number };

async function recordLayer(
  to: Target,
  layer: LayerInput,
  { examine, memory, repeatable }: MergeOptions,
  reading: Parameters<typeof readLayer>[2],
): Promise<Read & { record: LayerRecord | null }> {
  const recorder = memory ? new LayerRecorder() : null;
  let recorded: RecordedEntry | null = null;
  const target: LayerTarget = {
    ...to,
    file(path, node, entry) {
      const noted = recorded;
      const done = (): void => {
        if (noted) recorder?.examined(noted, path, node);
      };
      if (entry.sparse) {
        examineSparse(path, node, examine);
        done();
        return null;
      }
      const sink = examineFile(path, node, examine, to.limits, to.tree);
      return {
        data: (piece) => sink.data(piece),
        end() {
          sink.end();
          done();
        },
      };
    },
  };
  const result = await readLayer(
    layer,
    (entry) => {
      recorded = recorder?.note(entry) ?? null;
      return applyEntry(target, entry);
    },
    reading,
  );
  return { ...result, record: repeatable?.() === false ? null : (recorder?.finish(result) ?? null) };
}

/** Does to the tree what reading the layer would do. @throws RecordDiffers; OciError `layer-limit` */
function replayLayer(to: Target, record: LayerRecord, before: { bytes: number; entries: number }): Read {
  const { limits, name, tree } = to;
  if (before.entries + record.entries.length > limits.entries)
    overLimit(name, 'entries', `the layers together have more than ${limits.entries} entries`);
  if (before.bytes + record.bytes > limits.bytes)
    overLimit(name, 'bytes', `the layers together have more than ${limits.bytes} bytes uncompressed`);
  let examined: RecordedEntry['examined'] = null;
  const target: LayerTarget = {
    ...to,
    file(path, node) {
      if (examined?.path !== path) throw new RecordDiffers();
      const { sha256, unread, marks, content } = examined;
      Object.assign(node, { sha256, unread, marks });
      if (content && tree.keptBytes + content.length > limits.keptBytes) node.unread = 'too-large';
      else tree.keep(node, content);
      return null;
    },
  };
  for (const recorded of record.entries) {
    examined = recorded.examined;
    applyEntry(target, recorded.entry);
  }
  return { diffId: record.diffId, bytes: record.bytes, entries: record.entries.length };
}
