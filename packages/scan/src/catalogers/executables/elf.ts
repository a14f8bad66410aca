/** The little of ELF that is needed: which bytes of the file lie where in memory. */

export type Segment = { offset: number; address: number; size: number; writable: boolean };
export type Elf = { wide: boolean; bigEndian: boolean; segments: Segment[] };

const LOAD = 1;
const WRITABLE = 2;
const MAX_SEGMENTS = 64;

/**
 * @param head the beginning of the file; segments whose headers are not in it are left out
 * @returns null for what is no ELF file
 * @see elf(5)
 */
export function parseElf(head: Buffer): Elf | null {
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return null;
  const wide = head[4] === 2;
  const bigEndian = head[5] === 2;
  const u16 = (at: number): number => (bigEndian ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const u32 = (at: number): number => (bigEndian ? head.readUInt32BE(at) : head.readUInt32LE(at));
  const word = (at: number): number => readWord(head, at, wide ? 8 : 4, bigEndian);
  const table = word(wide ? 32 : 28);
  const size = u16(wide ? 54 : 42);
  const count = Math.min(u16(wide ? 56 : 44), MAX_SEGMENTS);
  const segments: Segment[] = [];
  for (let at = table; segments.length < count && at + (wide ? 56 : 32) <= head.length && size >= 32; at += size) {
    if (at >= table + count * size) break;
    if (u32(at) !== LOAD) continue;
    segments.push({
      offset: word(at + (wide ? 8 : 4)),
      address: word(at + (wide ? 16 : 8)),
      size: word(at + (wide ? 32 : 16)),
      writable: (u32(at + (wide ? 4 : 24)) & WRITABLE) !== 0,
    });
  }
  return { wide, bigEndian, segments };
}

/** Where in the file an address lies; null where it lies in no segment. */
export function offsetOf({ segments }: Elf, address: number): number | null {
  const segment = segments.find((each) => address >= each.address && address < each.address + each.size);
  return segment ? address - segment.address + segment.offset : null;
}

/** Where the bytes end that are loaded into memory; sections that only tools read come after them. */
export function endOfLoaded({ segments }: Elf): number {
  return Math.max(0, ...segments.map((each) => each.offset + each.size));
}

/** A number of 4 or 8 bytes; beyond 2^53 it is no place in any file, and inexact. */
export function readWord(bytes: Buffer, at: number, size: number, bigEndian: boolean): number {
  if (size === 8) return Number(bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
  return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
}
