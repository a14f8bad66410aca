/** Opens a layer's blob and decompresses it, in this thread or beside it; digests of both forms come with it. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { OciError } from '../error.ts';
import { decompress } from './decompress.ts';
import type { LayerInput } from './read-layer.ts';

/** `sha256:<hex>` of the bytes as stored, and of what came out of them. */
export type Unpacked = { blob: string; diff: string };

export type Unpacking = {
  /** Called with pieces of the uncompressed layer that are valid only during the call. @param compressed bytes read so far */
  onData: (piece: Buffer, compressed: number) => void;
  signal?: AbortSignal | undefined;
  /** Asked between pieces; the next one comes once it has resolved. */
  room?: (() => Promise<void> | null) | undefined;
};

/**
 * In this thread.
 * @throws OciError `size-mismatch`, `layer-invalid`; whatever `open` and `onData` throw
 */
export async function unpackHere(layer: LayerInput, { onData, signal, room }: Unpacking): Promise<Unpacked> {
  const blob = createHash('sha256');
  const diff = createHash('sha256');
  let compressed = 0;
  const source = await layer.open();
  try {
    await decompress(
      paced(
        meter(source, layer, (piece) => {
          signal?.throwIfAborted();
          compressed += piece.length;
          blob.update(piece);
        }),
        room,
      ),
      (piece) => {
        diff.update(piece);
        onData(piece, compressed);
      },
    );
  } catch (cause) {
    signal?.throwIfAborted();
    throw toLayerError(layer.descriptor.digest, cause);
  } finally {
    source.destroy();
  }
  return { blob: `sha256:${blob.digest('hex')}`, diff: `sha256:${diff.digest('hex')}` };
}

async function* paced(source: AsyncIterable<Buffer>, room: Unpacking['room']): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    const wait = room?.();
    if (wait) await wait;
    yield piece;
  }
}

/** Holds a blob to the size that its descriptor names. @throws OciError `size-mismatch` */
export async function* meter(
  source: AsyncIterable<Buffer> | Readable,
  { descriptor: { digest, size } }: Pick<LayerInput, 'descriptor'>,
  onPiece: (piece: Buffer) => void,
): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const piece of source as AsyncIterable<Buffer>) {
    read += piece.length;
    if (read > size)
      throw new OciError('size-mismatch', `layer ${digest} has more than the ${size} bytes that its descriptor says`);
    onPiece(piece);
    yield piece;
  }
  if (read < size)
    throw new OciError('size-mismatch', `layer ${digest} has ${read} bytes, its descriptor says ${size}`);
}

/** What a decompressor complains of is a layer that cannot be read; anything else stays what it is. */
export function toLayerError(layer: string, cause: unknown): unknown {
  if (cause instanceof OciError || !isCodecError(cause)) return cause;
  return new OciError('layer-invalid', `layer ${layer} cannot be decompressed: ${cause.message}`, { cause });
}

function isCodecError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code.startsWith('Z_') || code.startsWith('ZSTD_') || code === 'ERR_BUFFER_TOO_LARGE';
}
