/** Recognises a layer's compression by its first bytes and undoes it. */
import { Gunzip, type ZlibOptions, ZstdDecompress } from 'minizlib';
import { ZstdFrames } from './zstd-frames.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** Pieces small enough to stay in the processor’s cache until whoever gets them is done. Its types do not know of it, and it writes into what it is given. */
const options = (): ZlibOptions & { chunkSize: number } => ({ chunkSize: 128 * 1024 });

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
 * In this thread, and not in the pool: handing each piece there and back costs nearly as much as decompressing it.
 *
 * @throws what the decompressor or `onData` throws
 */
export async function decompress(source: AsyncIterable<Buffer>, onData: (piece: Buffer) => void): Promise<void> {
  let head: Buffer | null = Buffer.alloc(0);
  let decoder: Decoder | null = null;
  for await (const piece of source) {
    if (decoder) decoder.push(piece);
    else {
      head = Buffer.concat([head, piece]);
      if (head.length < 4) continue;
      decoder = decoderFor(compressionOf(head), onData);
      decoder.push(head);
      head = Buffer.alloc(0);
    }
  }
  if (!decoder) {
    decoder = decoderFor(compressionOf(head), onData);
    decoder.push(head);
  }
  decoder.end();
}

type Decoder = { push(piece: Buffer): void; end(): void };

function decoderFor(compression: Compression, onData: (piece: Buffer) => void): Decoder {
  if (compression === 'none') return { push: onData, end() {} };
  if (compression === 'gzip') return decodeBy(new Gunzip(options()), onData);
  const decoder = decodeBy(new ZstdDecompress(options()), onData);
  const frames = new ZstdFrames();
  return {
    push(piece) {
      for (const part of frames.cut(piece)) decoder.push(part);
    },
    end: () => decoder.end(),
  };
}

function decodeBy(stream: Gunzip | ZstdDecompress, onData: (piece: Buffer) => void): Decoder {
  let failure: Error | null = null;
  // Both are called before `write` returns.
  stream.on('error', (error) => {
    failure = error as Error;
  });
  stream.on('data', onData);
  const check = (): void => {
    if (failure) throw failure;
  };
  return {
    push(piece) {
      stream.write(piece);
      check();
    },
    end() {
      stream.end();
      check();
    },
  };
}
