/** Undoes one compression, within a limit; what came out before damage or the limit counts. */
import { createRequire } from 'node:module';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress, gunzipSync } from 'node:zlib';
import { bunzip2, type Unpacked } from './bunzip2.ts';

// The library is CommonJS whose exports Node cannot list, while its types claim named ones.
const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as typeof import('xz-decompress');

/** Below this a call that blocks is much faster than a stream. */
const SMALL_BYTES = 256 * 1024;

/** @param limit most bytes that come out. Throws nothing */
export function unpack(form: 'gzip' | 'bzip2' | 'xz' | 'zstd', bytes: Buffer, limit: number): Promise<Unpacked> {
  switch (form) {
    case 'gzip':
      return gunzip(bytes, limit);
    case 'zstd':
      return throughStream(createZstdDecompress(), bytes, limit);
    case 'bzip2':
      return Promise.resolve(bunzip2(bytes, limit));
    case 'xz':
      return unxz(bytes, limit);
  }
}

async function gunzip(bytes: Buffer, limit: number): Promise<Unpacked> {
  if (bytes.length <= SMALL_BYTES)
    try {
      return { content: gunzipSync(bytes, { maxOutputLength: limit }), problem: null };
    } catch {
      // Damaged, too large, or followed by something else: the stream keeps what came out before.
    }
  return throughStream(createGunzip(), bytes, limit);
}

function throughStream(decoder: Transform, bytes: Buffer, limit: number): Promise<Unpacked> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const done = (problem: Unpacked['problem']): void => {
      decoder.destroy();
      resolve({ content: Buffer.concat(pieces, size), problem });
    };
    decoder.on('data', (piece: Buffer) => {
      const room = limit - size;
      pieces.push(piece.length > room ? piece.subarray(0, room) : piece);
      size += Math.min(piece.length, room);
      if (piece.length > room) done(tooLarge(limit));
    });
    decoder.on('error', () => done({ kind: 'unreadable', detail: 'its compressed bytes are damaged or cut off' }));
    decoder.on('end', () => done(null));
    decoder.end(bytes);
  });
}

async function unxz(bytes: Buffer, limit: number): Promise<Unpacked> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    const reader = new XzReadableStream(new Blob([new Uint8Array(bytes)]).stream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { content: Buffer.concat(pieces, size), problem: null };
      const room = limit - size;
      pieces.push(value.length > room ? value.slice(0, room) : value.slice());
      size += Math.min(value.length, room);
      if (value.length <= room) continue;
      await reader.cancel();
      return { content: Buffer.concat(pieces, size), problem: tooLarge(limit) };
    }
  } catch {
    return {
      content: Buffer.concat(pieces, size),
      problem: { kind: 'unreadable', detail: 'its xz data is damaged or cut off' },
    };
  }
}

function tooLarge(limit: number): Unpacked['problem'] {
  return { kind: 'limit', detail: `it expands to more than the ${limit} bytes that are read` };
}
