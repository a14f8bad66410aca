/** Unpacks LZ4 frames, in which apt keeps its lists in containers; Node cannot. Checksums are not compared. */
import { ScanError } from '../error.ts';

const FRAME = 0x184d2204;
/** 0x184d2a50 to 0x184d2a5f: content for others. */
const SKIPPABLE = 0x184d2a50;
const MIN_MATCH = 4;

/**
 * @param limit most bytes of output
 * @throws ScanError `feed-invalid`, `feed-limit`
 * @see github.com/lz4/lz4, doc/lz4_Frame_format.md 1.6 and doc/lz4_Block_format.md
 */
export function unlz4(bytes: Buffer, limit: number, origin: string): Buffer {
  const out = new Output(limit, origin);
  try {
    for (let at = 0; at < bytes.length; ) at = readFrame(bytes, at, out);
  } catch (cause) {
    if (cause instanceof ScanError) throw cause;
    throw new ScanError('feed-invalid', `${origin} is no whole LZ4 frame`, { cause }); // reading past its end
  }
  return out.bytes();
}

/** @returns where the next frame begins */
function readFrame(bytes: Buffer, start: number, out: Output): number {
  const magic = bytes.readUInt32LE(start);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) return start + 8 + bytes.readUInt32LE(start + 4);
  const flags = bytes.readUInt8(start + 4);
  // Version 1, and no dictionary, which would be somewhere else.
  if (magic !== FRAME || flags >> 6 !== 1 || (flags & 1) !== 0)
    throw new ScanError('feed-invalid', `${out.origin} is no LZ4 frame of a kind that is read`);
  const [blockChecksum, contentSize, contentChecksum] = [flags & 0x10, flags & 0x08, flags & 0x04];
  let at = start + 7 + (contentSize ? 8 : 0);
  out.beginFrame();
  for (;;) {
    const word = bytes.readUInt32LE(at);
    at += 4;
    if (word === 0) return at + (contentChecksum ? 4 : 0);
    const size = word & 0x7fffffff;
    if (at + size > bytes.length) throw new ScanError('feed-invalid', `${out.origin} is cut off`);
    if (word >>> 31) out.literals(bytes, at, size);
    else readBlock(bytes, at, at + size, out);
    at += size + (blockChecksum ? 4 : 0);
  }
}

function readBlock(bytes: Buffer, start: number, end: number, out: Output): void {
  let at = start;
  const more = (length: number): number => {
    if (length < 15) return length;
    for (let sum = length; ; ) {
      const next = bytes.readUInt8(at);
      at += 1;
      sum += next;
      if (next !== 255) return sum;
    }
  };
  while (at < end) {
    const token = bytes.readUInt8(at);
    at += 1;
    const literals = more(token >> 4);
    if (at + literals > end) throw new ScanError('feed-invalid', `${out.origin} holds a damaged LZ4 block`);
    out.literals(bytes, at, literals);
    at += literals;
    if (at >= end) return; // the last sequence has literals alone
    const distance = bytes.readUInt16LE(at);
    at += 2;
    out.copy(distance, more(token & 15) + MIN_MATCH);
  }
}

class Output {
  readonly origin: string;
  readonly #limit: number;
  #buffer = Buffer.allocUnsafe(1024 * 1024);
  #size = 0;
  #frame = 0;

  constructor(limit: number, origin: string) {
    this.#limit = limit;
    this.origin = origin;
  }

  /** Matches do not reach into the frame before. */
  beginFrame(): void {
    this.#frame = this.#size;
  }

  literals(from: Buffer, at: number, count: number): void {
    this.#reserve(count);
    from.copy(this.#buffer, this.#size, at, at + count);
    this.#size += count;
  }

  copy(distance: number, count: number): void {
    if (distance === 0 || distance > this.#size - this.#frame)
      throw new ScanError('feed-invalid', `${this.origin} holds a match before its beginning`);
    this.#reserve(count);
    const start = this.#size - distance;
    if (distance >= count) this.#buffer.copy(this.#buffer, this.#size, start, start + count);
    else for (let at = 0; at < count; at += 1) this.#buffer[this.#size + at] = this.#buffer[start + at] ?? 0;
    this.#size += count;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  #reserve(count: number): void {
    const needed = this.#size + count;
    if (needed > this.#limit)
      throw new ScanError('feed-limit', `${this.origin} unpacks to more than ${this.#limit} bytes`);
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(needed, this.#buffer.length * 2)));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
