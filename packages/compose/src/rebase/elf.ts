/** What a program or library in ELF form asks of others, and what it offers them. */

export type ElfLinks = {
  /** Path of the loader; null for libraries and static programs. */
  interpreter: string | null;
  /** 32 or 64, with the machine's number: libraries of other kinds do not serve. */
  kind: string;
  needed: string[];
  /** Folders of its own to look in, before all others or after LD_LIBRARY_PATH. */
  runPaths: string[];
  /** Versions that it asks for, by library. */
  wants: ReadonlyMap<string, string[]>;
  /** Versions that it has; empty where it has no table of them. */
  offers: ReadonlySet<string>;
};

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT = { needed: 1, strtab: 5, strsz: 10, rpath: 15, runpath: 29 } as const;
const DT_VERDEF = 0x6ffffffc;
const DT_VERDEFNUM = 0x6ffffffd;
const DT_VERNEED = 0x6ffffffe;
const DT_VERNEEDNUM = 0x6fffffff;
const MAX_HEADERS = 512;
const MAX_ENTRIES = 10_000;
const MAX_NAME = 4096;

/**
 * @returns null for what is no ELF file, or one whose tables lead out of it
 * @see gabi, chapters 4 and 5; LSB Core, "Symbol Versioning"
 */
export function readElfLinks(bytes: Buffer): ElfLinks | null {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) return null;
  try {
    return read(bytes);
  } catch (error) {
    // Every read beyond the end throws this.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function read(bytes: Buffer): ElfLinks | null {
  const wide = bytes[4] === 2;
  const little = bytes[5] === 1;
  const u16 = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const word = (at: number): number =>
    wide ? Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at)) : u32(at);
  const table = word(wide ? 32 : 28);
  const entry = u16(wide ? 54 : 42);
  const headers = Array.from({ length: Math.min(u16(wide ? 56 : 44), MAX_HEADERS) }, (_, n) => {
    const at = table + n * entry;
    return {
      type: u32(at),
      offset: word(at + (wide ? 8 : 4)),
      address: word(at + (wide ? 16 : 8)),
      size: word(at + (wide ? 32 : 16)),
    };
  });
  const offsetOf = (address: number): number => {
    const load = headers.find(
      (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
    );
    if (!load) throw new RangeError('an address that is not in the file');
    return address - load.address + load.offset;
  };
  const textAt = (at: number): string => {
    const length = at < 0 ? -1 : bytes.subarray(at, at + MAX_NAME).indexOf(0);
    if (length < 0) throw new RangeError('a name without an end');
    return bytes.toString('latin1', at, at + length);
  };
  const interpreter = headers.find(({ type }) => type === PT_INTERP);
  const links = {
    interpreter: interpreter ? textAt(interpreter.offset) : null,
    kind: `${wide ? 64 : 32}-${u16(18)}`,
  };
  const dynamic = headers.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return { ...links, needed: [], runPaths: [], wants: new Map(), offers: new Set() };
  const step = wide ? 16 : 8;
  const tags: { tag: number; value: number }[] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size && tags.length < MAX_ENTRIES; at += step) {
    const tag = word(at);
    if (tag === 0) break;
    tags.push({ tag, value: word(at + step / 2) });
  }
  const one = (wanted: number): number | undefined => tags.find(({ tag }) => tag === wanted)?.value;
  const strings = offsetOf(one(DT.strtab) ?? 0);
  const named = (wanted: number) =>
    tags.filter(({ tag }) => tag === wanted).map(({ value }) => textAt(strings + value));
  let budget = MAX_ENTRIES;
  const wants = new Map<string, string[]>();
  walk(one(DT_VERNEED), one(DT_VERNEEDNUM), (at) => {
    const file = textAt(strings + u32(at + 4));
    const versions: string[] = [];
    inner(at + u32(at + 8), u16(at + 2), (aux) => {
      // VER_FLG_WEAK: the loader goes on without it.
      if ((u16(aux + 4) & 2) === 0) versions.push(textAt(strings + u32(aux + 8)));
      return u32(aux + 12);
    });
    wants.set(file, versions);
    return u32(at + 12);
  });
  const offers = new Set<string>();
  walk(one(DT_VERDEF), one(DT_VERDEFNUM), (at) => {
    offers.add(textAt(strings + u32(at + u32(at + 12))));
    return u32(at + 16);
  });
  return {
    ...links,
    needed: named(DT.needed),
    runPaths: [...named(DT.rpath), ...named(DT.runpath)]
      .flatMap((paths) => paths.split(':'))
      .filter((path) => path !== ''),
    wants,
    offers,
  };

  function walk(address: number | undefined, count = 0, visit: (at: number) => number): void {
    if (address !== undefined) inner(offsetOf(address), count, visit);
  }
  function inner(start: number, count: number, visit: (at: number) => number): void {
    let at = start;
    for (let n = 0; n < count; n += 1) {
      // Lists within lists of a hostile file would multiply.
      if (--budget < 0) throw new RangeError('more versions than any library has');
      const next = visit(at);
      if (next === 0) return;
      at += next;
    }
  }
}
