/** Decodes the 512-byte header block of a tar archive. */
import { isUtf8 } from 'node:buffer';

export const BLOCK = 512;

export type TarHeader = {
  name: string;
  linkName: string;
  /** The type flag, one character; '0' also for the NUL of old archives. */
  flag: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Old GNU sparse header: an extension block follows. */
  sparseExtended: boolean;
  /** Old GNU sparse header: size with the holes. */
  sparseSize: number;
};

/** True for a block of zeros; two of them end an archive. */
export function isZeroBlock(block: Buffer): boolean {
  for (let at = 0; at < BLOCK; at += 1) if (block[at] !== 0) return false;
  return true;
}

/**
 * Reads one header in ustar, GNU or v7 form.
 * @returns null when the checksum or a number is wrong
 * @see POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"
 */
export function decodeHeader(block: Buffer): TarHeader | null {
  const checksum = decodeNumber(block, 148, 8);
  if (checksum === null || !sumMatches(block, checksum)) return null;
  const size = decodeNumber(block, 124, 12);
  const mode = decodeNumber(block, 100, 8);
  const uid = decodeNumber(block, 108, 8);
  const gid = decodeNumber(block, 116, 8);
  if (size === null || size < 0 || mode === null || uid === null || gid === null) return null;
  const magic = block.toString('latin1', 257, 265);
  const flag = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0x30);
  const gnu = magic === 'ustar  \0';
  const name = decodeText(block, 0, 100);
  // Only POSIX ustar has a prefix; GNU tar keeps other things there.
  const prefix = magic === 'ustar\x0000' ? decodeText(block, 345, 155) : '';
  const sparse = gnu && flag === 'S';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: decodeText(block, 157, 100),
    flag,
    mode: mode & 0o7777,
    uid,
    gid,
    size,
    sparseExtended: sparse && block[482] !== 0,
    sparseSize: sparse ? Math.max(0, decodeNumber(block, 483, 12) ?? 0) : 0,
  };
}

/** Text up to the first NUL. Bytes that are no UTF-8 are read as Latin-1, so that different names stay different. */
export function decodeText(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  const bytes = end < 0 ? field : field.subarray(0, end);
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}

/** Octal text, or base-256 where the top bit of the first byte is set; null where it is neither or not a safe integer. */
function decodeNumber(block: Buffer, start: number, length: number): number | null {
  const first = block[start] ?? 0;
  if (first >= 0x80) {
    let value = first & 0x3f;
    if ((first & 0x40) !== 0) return null; // a negative number has no use in the fields read here
    for (let at = start + 1; at < start + length; at += 1) {
      value = value * 256 + (block[at] ?? 0);
      if (value > Number.MAX_SAFE_INTEGER) return null;
    }
    return value;
  }
  let value = 0;
  let digits = false;
  for (let at = start; at < start + length; at += 1) {
    const byte = block[at] ?? 0;
    if (byte === 0x20 && !digits) continue;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return null;
    digits = true;
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

/** Old archivers summed signed bytes; both sums are accepted. */
function sumMatches(block: Buffer, expected: number): boolean {
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at += 1) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 256;
  }
  return unsigned === expected || signed === expected;
}
