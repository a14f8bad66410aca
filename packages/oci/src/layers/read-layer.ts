/** Streams one layer once: digest, decompression, diff id and tar entries in a single pass. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { OciError } from '../error.ts';
import type { Descriptor } from '../manifest.ts';
import { decompress } from './decompress.ts';
import { type LayerLimits, overLimit } from './limits.ts';
import { type EntrySink, type TarEntry, TarReader } from './tar-reader.ts';

export type LayerInput = {
  descriptor: Descriptor;
  /** Digest of the uncompressed layer, from the image's configuration; null where there is none to compare with. */
  diffId: string | null;
  open: () => Promise<Readable>;
};

export type LayerRead = { diffId: string; bytes: number; entries: number };

export type ReadLayerOptions = {
  limits: LayerLimits;
  /** Uncompressed bytes and entries that earlier layers of the same image took. */
  before: { bytes: number; entries: number };
  signal?: AbortSignal | undefined;
  progress?: ((bytes: number) => void) | undefined;
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
  const blob = createHash('sha256');
  const diff = createHash('sha256');
  let compressed = 0;
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
  const onData = (piece: Buffer): void => {
    bytes += piece.length;
    if (bytes > limits.bytesPerLayer)
      overLimit(name, 'bytesPerLayer', `more than ${limits.bytesPerLayer} bytes uncompressed`);
    if (before.bytes + bytes > limits.bytes)
      overLimit(name, 'bytes', `the layers together have more than ${limits.bytes} bytes uncompressed`);
    if (bytes > limits.ratioFloor && bytes > compressed * limits.ratio)
      overLimit(name, 'ratio', `${bytes} bytes came out of ${compressed}, more than ${limits.ratio} for one`);
    diff.update(piece);
    tar.push(piece);
  };
  async function* metered(source: Readable): AsyncGenerator<Buffer> {
    for await (const piece of source as AsyncIterable<Buffer>) {
      options.signal?.throwIfAborted();
      compressed += piece.length;
      if (compressed > layer.descriptor.size)
        throw new OciError(
          'size-mismatch',
          `layer ${name} has more than the ${layer.descriptor.size} bytes that its descriptor says`,
        );
      blob.update(piece);
      options.progress?.(bytes);
      yield piece;
    }
    if (compressed < layer.descriptor.size)
      throw new OciError(
        'size-mismatch',
        `layer ${name} has ${compressed} bytes, its descriptor says ${layer.descriptor.size}`,
      );
    compare('digest', name, `sha256:${blob.digest('hex')}`, name);
  }

  if (layer.descriptor.mediaType.endsWith('+encrypted'))
    throw new OciError(
      'layer-invalid',
      `layer ${name} is encrypted (${layer.descriptor.mediaType}); nothing can be said of it`,
    );
  const source = await layer.open();
  try {
    await decompress(metered(source), onData);
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof OciError || !isCodecError(cause)) throw cause;
    throw new OciError('layer-invalid', `layer ${name} cannot be decompressed: ${cause.message}`, { cause });
  } finally {
    source.destroy();
  }
  const diffId = `sha256:${diff.digest('hex')}`;
  if (layer.diffId !== null) compare('diff id', name, diffId, layer.diffId);
  tar.finish();
  return { diffId, bytes, entries };
}

function compare(what: string, layer: string, found: string, expected: string): void {
  if (found !== expected)
    throw new OciError('digest-mismatch', `layer ${layer} has the ${what} ${found}, not ${expected}`);
}

function isCodecError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code.startsWith('Z_') || code.startsWith('ZSTD_') || code === 'ERR_BUFFER_TOO_LARGE';
}
