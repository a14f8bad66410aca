/** Undoes one compression, within a limit; what came out before damage or the limit counts. */
import { createRequire } from 'node:module';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress, gunzipSync } from 'node:zlib';
import { bunzip2, type Unpacked } from './bunzip2.ts';

// The library is CommonJS whose exports Node cannot list, while its types claim named ones.
const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as typeof import('xz-decompress');

/** Below this a call that blocks is much faster than a stream. */
const SMALL_BYTES = 256 * 1024;
/** What comes out at once: smaller pieces are copied together more often. */
const STREAM_CHUNK = 256 * 1024;
const MOST_CHUNK = 8 * 1024 * 1024;

/** @param limit most bytes that come out. Throws nothing */
export function unpack(form: 'gzip' | 'bzip2' | 'xz' | 'zstd', bytes: Buffer, limit: number): Promise<Unpacked> {
  switch (form) {
    case 'gzip':
      return gunzip(bytes, limit);
    case 'zstd':
      return throughStream(createZstdDecompress({ chunkSize: STREAM_CHUNK }), bytes, limit);
    case 'bzip2':
      return Promise.resolve(bunzip2(bytes, limit));
    case 'xz':
      return unxz(bytes, limit);
  }
}

async function gunzip(bytes: Buffer, limit: number): Promise<Unpacked> {
  if (bytes.length <= SMALL_BYTES)
    try {
      return { content: gunzipSync(bytes, { maxOutputLength: limit, chunkSize: chunkFor(bytes) }), problem: null };
    } catch {
      // Damaged, too large, or followed by something else: the stream keeps what came out before.
    }
  return throughStream(createGunzip({ chunkSize: STREAM_CHUNK }), bytes, limit);
}

/** The last four bytes say how long it was, which may be untrue. @see RFC 1952, section 2.3.1 */
function chunkFor(bytes: Buffer): number {
  const said = bytes.length >= 18 ? bytes.readUInt32LE(bytes.length - 4) : 0;
  return Math.min(MOST_CHUNK, Math.max(1024, Math.min(said, bytes.length * 64) + 1));
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
