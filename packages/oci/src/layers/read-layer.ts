/** Streams one layer once: digest, decompression, diff id and tar entries in a single pass. */
import type { Readable } from 'node:stream';
import { OciError } from '../error.ts';
import type { Descriptor } from '../manifest.ts';
import { type LayerLimits, overLimit } from './limits.ts';
import { type EntrySink, type TarEntry, TarReader } from './tar-reader.ts';
import { unpackHere } from './unpack.ts';
import { unpackBeside } from './unpack-beside.ts';

export type LayerInput = {
  descriptor: Descriptor;
  /** Digest of the uncompressed layer, from the image's configuration; null where there is none to compare with. */
  diffId: string | null;
  open: () => Promise<Readable>;
  /** Where the blob lies as a file, so that a thread beside may read it itself; it is opened by `open` otherwise. */
  file?: string | undefined;
};

export const BESIDE_BYTES = 8 * 1024 * 1024;

export type LayerRead = { diffId: string; bytes: number; entries: number };

export type ReadLayerOptions = {
  limits: LayerLimits;
  /** Uncompressed bytes and entries that earlier layers of the same image took. */
  before: { bytes: number; entries: number };
  signal?: AbortSignal | undefined;
  progress?: ((bytes: number) => void) | undefined;
  /** Larger blobs are decompressed in a thread beside; for smaller ones starting it costs more than it saves. */
  besideBytes?: number | undefined;
  /** Asked between pieces; reading goes on once it has resolved. */
  room?: (() => Promise<void> | null) | undefined;
};

/**
 * Reads one layer and hands its entries out in order.
 *
 * @throws OciError `digest-mismatch`, `size-mismatch`, `layer-invalid`, `layer-limit`; whatever `open` throws
 */
export async function readLayer(
  layer: LayerInput,
  onEntry: (entry: TarEntry) => EntrySink | null,
  options: ReadLayerOptions,
): Promise<LayerRead> {
  const { limits, before } = options;
  const name = layer.descriptor.digest;
  let bytes = 0;
  let entries = 0;

  const tar = new TarReader(name, limits, (entry) => {
    entries += 1;
    if (entries > limits.entriesPerLayer)
      overLimit(name, 'entriesPerLayer', `it has more than ${limits.entriesPerLayer} entries`);
    if (before.entries + entries > limits.entries)
      overLimit(name, 'entries', `the layers together have more than ${limits.entries} entries`);
    return onEntry(entry);
  });
  const onData = (piece: Buffer, compressed: number): void => {
    bytes += piece.length;
    if (bytes > limits.bytesPerLayer)
      overLimit(name, 'bytesPerLayer', `more than ${limits.bytesPerLayer} bytes uncompressed`);
    if (before.bytes + bytes > limits.bytes)
      overLimit(name, 'bytes', `the layers together have more than ${limits.bytes} bytes uncompressed`);
    if (bytes > limits.ratioFloor && bytes > compressed * limits.ratio)
      overLimit(name, 'ratio', `${bytes} bytes came out of ${compressed}, more than ${limits.ratio} for one`);
    options.progress?.(bytes);
    tar.push(piece);
  };

  if (layer.descriptor.mediaType.endsWith('+encrypted'))
    throw new OciError(
      'layer-invalid',
      `layer ${name} is encrypted (${layer.descriptor.mediaType}); nothing can be said of it`,
    );
  const unpack =
    layer.descriptor.size < (options.besideBytes ?? BESIDE_BYTES) || !mayStartThreads() ? unpackHere : unpackBeside;
  const { blob, diff } = await unpack(layer, { onData, signal: options.signal, room: options.room });
  compare('digest', name, blob, name);
  if (layer.diffId !== null) compare('diff id', name, diff, layer.diffId);
  tar.finish();
  return { diffId: diff, bytes, entries };
}

/** A process that was locked in may start none: a thread would not be. */
export const mayStartThreads = (): boolean => process.permission?.has('worker') ?? true;

function compare(what: string, layer: string, found: string, expected: string): void {
  if (found !== expected)
    throw new OciError('digest-mismatch', `layer ${layer} has the ${what} ${found}, not ${expected}`);
}
