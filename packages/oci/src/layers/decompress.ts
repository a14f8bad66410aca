/** Recognises a layer's compression by its first bytes and undoes it. */
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ZstdFrames } from './zstd-frames.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

const OUTPUT_PIECE = 256 * 1024;

/** The media type is a claim, the bytes decide: registries hold many layers whose type is wrong. */
export function compressionOf(head: Buffer): Compression {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length >= 4) {
    const magic = head.readUInt32LE(0);
    // A zstd frame, or a skippable frame such as zstd:chunked begins with (RFC 8878, section 3.1).
    if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  }
  return 'none';
}

/**
 * Decompresses a stream piece by piece into `onData`, which runs synchronously. The source is always read to its end,
 * so that its digest can be judged, even where the compressed data ends earlier.
 *
 * @throws what the decompressor or `onData` throws
 */
export async function decompress(source: AsyncIterable<Buffer>, onData: (piece: Buffer) => void): Promise<void> {
  let decoder: Transform | null = null;
  let frames: ZstdFrames | null = null;
  let ended = false;
  let failure: unknown = null;
  let settled: Promise<void> = Promise.resolve();
  let head: Buffer | null = Buffer.alloc(0);

  const write = async (to: Transform, piece: Buffer): Promise<void> => {
    if (!ended && !to.write(piece)) await Promise.race([once(to, 'drain').catch(() => undefined), settled]);
    if (failure !== null) throw failure;
  };
  const feed = async (piece: Buffer): Promise<void> => {
    if (failure !== null) throw failure;
    if (!decoder) onData(piece);
    else if (frames) for (const part of frames.cut(piece)) await write(decoder, part);
    else await write(decoder, piece);
  };
  const begin = async (bytes: Buffer): Promise<void> => {
    head = null;
    const compression = compressionOf(bytes);
    if (compression === 'zstd') frames = new ZstdFrames();
    if (compression !== 'none') {
      const made =
        compression === 'gzip'
          ? createGunzip({ chunkSize: OUTPUT_PIECE })
          : createZstdDecompress({ chunkSize: OUTPUT_PIECE });
      decoder = made;
      settled = new Promise((resolve) => {
        const stop = (error: unknown): void => {
          failure ??= error;
          made.destroy();
          resolve();
        };
        made.on('data', (piece: Buffer) => {
          try {
            if (failure === null) onData(piece);
          } catch (error) {
            stop(error);
          }
        });
        made.on('error', stop);
        made.on('end', () => {
          ended = true;
          resolve();
        });
      });
    }
    await feed(bytes);
  };

  for await (const piece of source) {
    if (head === null) await feed(piece);
    else {
      head = Buffer.concat([head, piece]);
      if (head.length >= 4) await begin(head);
    }
  }
  if (head !== null) await begin(head);
  const last = decoder as Transform | null;
  if (last && !ended) {
    last.end();
    await settled;
  }
  if (failure !== null) throw failure;
}
