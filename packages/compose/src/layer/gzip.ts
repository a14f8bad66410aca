/** Compresses a stream to gzip on all cores, with bytes that do not depend on how many there are. */
import { constants, crc32, deflateRaw } from 'node:zlib';

const CHUNK = 1024 * 1024;
const WINDOW = 32 * 1024;
const LEVEL = 6;
const AHEAD = 8;

/**
 * gzip of the pieces, as one member. The input is cut at fixed places, each part is compressed by itself with the 32 KiB
 * before it as dictionary, and the parts are joined at a byte border, as pigz does.
 *
 * @see RFC 1951, RFC 1952; the header has no name, no time and an unknown system
 */
export async function* gzip(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  let sum = 0;
  let size = 0;
  let before: Buffer = Buffer.alloc(0);
  const running: Promise<Buffer>[] = [];
  for (const chunk of cut(pieces)) {
    sum = crc32(chunk, sum);
    size += chunk.length;
    const compressed = deflate(chunk, before);
    compressed.catch(() => {}); // awaited below, in order
    running.push(compressed);
    before = chunk.subarray(Math.max(0, chunk.length - WINDOW));
    const first = running.length >= AHEAD ? running.shift() : undefined;
    if (first) yield await first;
  }
  for (const rest of running) yield await rest;
  const end = Buffer.from([0x03, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]); // an empty last block, then sum and size
  end.writeUInt32LE(sum >>> 0, 2);
  end.writeUInt32LE(size % 0x1_0000_0000, 6);
  yield end;
}

function deflate(chunk: Buffer, dictionary: Buffer): Promise<Buffer> {
  const options = {
    level: LEVEL,
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(dictionary.length > 0 ? { dictionary } : {}),
  };
  return new Promise((resolve, reject) => {
    deflateRaw(chunk, options, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** Joins and cuts pieces into chunks of one size; the last may be shorter. */
function* cut(pieces: Iterable<Buffer>): Generator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for (const piece of pieces) {
    let rest = piece;
    while (size + rest.length >= CHUNK) {
      const part = rest.subarray(0, CHUNK - size);
      yield Buffer.concat([...waiting, part], CHUNK);
      waiting = [];
      size = 0;
      rest = rest.subarray(part.length);
    }
    if (rest.length > 0) {
      waiting.push(rest);
      size += rest.length;
    }
  }
  if (size > 0) yield Buffer.concat(waiting, size);
}
