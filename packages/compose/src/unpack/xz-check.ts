/** Takes the SHA-256 check out of xz streams, which the decoder does not know: rpm writes it. */
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const FOOTER = Buffer.from('YZ', 'latin1');
const HEADER_SIZE = 12;
const SHA256 = 0x0a;
const SHA256_SIZE = 32;
const MAX_BLOCKS = 1_000_000;

/**
 * The same stream with no check, by its index of blocks; what vouches for the content must be another hash. Streams with
 * other checks, and what is no whole stream, are given back as they are: the decoder says what is wrong with them.
 *
 * @see The .xz File Format 1.2.1, sections 2 to 4
 */
export function withoutSha256Check(bytes: Buffer): Buffer {
  const isXz = bytes.length >= 2 * HEADER_SIZE && bytes.subarray(0, 6).equals(MAGIC) && bytes[7] === SHA256;
  if (!isXz || !bytes.subarray(-2).equals(FOOTER)) return bytes;
  const indexSize = (bytes.readUInt32LE(bytes.length - 8) + 1) * 4;
  const indexAt = bytes.length - HEADER_SIZE - indexSize;
  if (indexAt < HEADER_SIZE || bytes[indexAt] !== 0) return bytes;
  const count = readNumber(bytes, indexAt + 1);
  if (!count || count.value > MAX_BLOCKS) return bytes;
  const parts: Buffer[] = [streamHeader()];
  const records: Buffer[] = [Buffer.from([0]), writeNumber(count.value)];
  let at = HEADER_SIZE;
  for (let block = 0, next = count.next; block < count.value; block++) {
    const unpadded = readNumber(bytes, next);
    const plain = unpadded ? readNumber(bytes, unpadded.next) : null;
    if (!unpadded || !plain || unpadded.value <= SHA256_SIZE) return bytes;
    const size = unpadded.value - SHA256_SIZE;
    const end = at + Math.ceil(size / 4) * 4;
    if (end + SHA256_SIZE > indexAt) return bytes;
    parts.push(bytes.subarray(at, end));
    records.push(writeNumber(size), writeNumber(plain.value));
    at = end + SHA256_SIZE;
    next = plain.next;
  }
  if (at !== indexAt) return bytes;
  const list = Buffer.concat(records);
  const index = Buffer.concat([list, Buffer.alloc((4 - (list.length % 4)) % 4)]);
  return Buffer.concat([...parts, index, sumOf(index), streamFooter(index.length + 4)]);
}

const FLAGS = Buffer.from([0, 0]);

function streamHeader(): Buffer {
  return Buffer.concat([MAGIC, FLAGS, sumOf(FLAGS)]);
}

function streamFooter(indexSize: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(indexSize / 4 - 1);
  const fields = Buffer.concat([size, FLAGS]);
  return Buffer.concat([sumOf(fields), fields, FOOTER]);
}

function sumOf(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return sum;
}

/** Seven bits a byte, low bits first. */
function readNumber(bytes: Buffer, at: number): { value: number; next: number } | null {
  let value = 0;
  for (let count = 0; count < 8 && at + count < bytes.length; count++) {
    const byte = bytes[at + count] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * count);
    if (byte < 0x80) return { value, next: at + count + 1 };
  }
  return null;
}

function writeNumber(value: number): Buffer {
  const found: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) found.push((rest % 0x80) | 0x80);
  return Buffer.from([...found, rest]);
}
