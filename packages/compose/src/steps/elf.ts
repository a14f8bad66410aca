/** Reads what the linker cache needs from a shared library: its class, machine and the name it goes by (elf(5)). */

export type Library = { soname: string | null; machine: number; is64: boolean; hardFloat: boolean };

const MAX_HEADERS = 512;
const MAX_DYNAMIC = 4096;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_STRTAB = 5;
const DT_SONAME = 14;
const EF_ARM_ABI_FLOAT_HARD = 0x400;

/** Null for anything that is not a little-endian shared object. Every offset is checked: the bytes come from a package. */
export function readLibrary(bytes: Buffer): Library | null {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[5] !== 1) return null;
  const is64 = bytes[4] === 2;
  if (bytes.readUInt16LE(16) !== 3) return null;
  const word = (offset: number): number => {
    if (offset < 0 || offset + (is64 ? 8 : 4) > bytes.length) return -1;
    return is64 ? Number(bytes.readBigUInt64LE(offset)) : bytes.readUInt32LE(offset);
  };
  const start = word(is64 ? 32 : 28);
  const size = bytes.readUInt16LE(is64 ? 54 : 42);
  const count = Math.min(bytes.readUInt16LE(is64 ? 56 : 44), MAX_HEADERS);
  const segments: { type: number; offset: number; address: number; size: number }[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + index * size;
    if (at < 0 || at + (is64 ? 56 : 32) > bytes.length) return null;
    segments.push({
      type: bytes.readUInt32LE(at),
      offset: word(at + (is64 ? 8 : 4)),
      address: word(at + (is64 ? 16 : 8)),
      size: word(at + (is64 ? 32 : 16)),
    });
  }
  const flags = bytes.readUInt32LE(is64 ? 48 : 36);
  const base = { machine: bytes.readUInt16LE(18), is64, hardFloat: (flags & EF_ARM_ABI_FLOAT_HARD) !== 0 };
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (!dynamic) return null;
  let strings = -1;
  let soname = -1;
  const step = is64 ? 16 : 8;
  for (let index = 0; index < Math.min(MAX_DYNAMIC, dynamic.size / step); index++) {
    const tag = word(dynamic.offset + index * step);
    const value = word(dynamic.offset + index * step + step / 2);
    if (tag <= 0) break;
    if (tag === DT_STRTAB) strings = value;
    if (tag === DT_SONAME) soname = value;
  }
  const load = segments.find(
    (segment) => segment.type === PT_LOAD && strings >= segment.address && strings < segment.address + segment.size,
  );
  if (soname < 0 || !load) return { ...base, soname: null };
  const at = load.offset + strings - load.address + soname;
  const end = bytes.indexOf(0, at);
  return {
    ...base,
    soname: at < bytes.length && end > at && end - at < 256 ? bytes.toString('latin1', at, end) : null,
  };
}
