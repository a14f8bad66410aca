/** Unpacks bzip2, which Node cannot. @see "bzip2 compression format", github.com/dsnet/compress/doc/bzip2-format.pdf */

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
const MAX_CODE = 20;
const GROUP = 50;

export type Unpacked = {
  /** What came out before the end, or before the damage. */
  content: Buffer;
  /** What is wrong, or which limit was reached; null where all of it was unpacked. */
  problem: { kind: 'limit' | 'unreadable'; detail: string } | null;
};

/** @param limit most bytes that come out. Throws nothing */
export function bunzip2(bytes: Buffer, limit: number): Unpacked {
  const bits = new BitReader(bytes);
  const out = new Output(limit);
  try {
    for (let streams = 0; streams === 0 || bits.follows('BZh'); streams += 1) unpackStream(bits, out);
    return { content: out.take(), problem: null };
  } catch (error) {
    if (!(error instanceof Bzip2Error)) throw error;
    return { content: out.take(), problem: { kind: error.kind, detail: error.message } };
  }
}

class Bzip2Error extends Error {
  readonly kind: 'limit' | 'unreadable';
  constructor(kind: 'limit' | 'unreadable', message: string) {
    super(message);
    this.kind = kind;
  }
}

function damaged(what: string): never {
  throw new Bzip2Error('unreadable', `its bzip2 data is damaged: ${what}`);
}

function unpackStream(bits: BitReader, out: Output): void {
  if (bits.read(24) !== 0x425a68) damaged('no header');
  const level = bits.read(8) - 48;
  if (level < 1 || level > 9) damaged('no block size');
  const block = new Uint32Array(level * 100_000);
  for (;;) {
    const magic = bits.read(24) * 0x1000000 + bits.read(24);
    bits.read(32); // checksum; damage shows in what is examined
    if (magic === END_MAGIC) break;
    if (magic !== BLOCK_MAGIC) damaged('no block where one must begin');
    unpackBlock(bits, block, out);
  }
  bits.align();
}

function unpackBlock(bits: BitReader, block: Uint32Array, out: Output): void {
  if (bits.read(1) === 1) damaged('a randomised block, which no program writes any more');
  const origin = bits.read(24);
  const symbols = readSymbols(bits);
  const groups = bits.read(3);
  if (groups < 2 || groups > 6) damaged('a wrong number of tables');
  const selectors = readSelectors(bits, groups);
  const tables: Table[] = [];
  for (let n = 0; n < groups; n += 1) tables.push(readTable(bits, symbols.length + 2));
  const { size, counts } = readRuns(bits, { symbols, selectors, tables, block });
  if (origin >= size) damaged('a pointer beyond the block');
  // The inverse of the Burrows-Wheeler transform: upper bits become the place of the next byte.
  let sum = 0;
  for (let value = 0; value < 256; value += 1) {
    const count = counts[value] ?? 0;
    counts[value] = sum;
    sum += count;
  }
  for (let at = 0; at < size; at += 1) {
    const value = (block[at] ?? 0) & 0xff;
    const place = counts[value] ?? 0;
    counts[value] = place + 1;
    block[place] = (block[place] ?? 0) | (at << 8);
  }
  writeOut(block, size, origin, out);
}

function writeOut(block: Uint32Array, size: number, origin: number, out: Output): void {
  let next = (block[origin] ?? 0) >>> 8;
  let last = -1;
  let run = 0;
  for (let left = size; left > 0; left -= 1) {
    const entry = block[next] ?? 0;
    const value = entry & 0xff;
    next = entry >>> 8;
    if (run === 4) {
      out.repeat(last, value);
      run = 0;
      last = -1;
      continue;
    }
    run = value === last ? run + 1 : 1;
    last = value;
    out.push(value);
  }
}

function readSymbols(bits: BitReader): Uint8Array {
  const used = bits.read(16);
  const symbols: number[] = [];
  for (let high = 0; high < 16; high += 1) {
    if ((used & (0x8000 >> high)) === 0) continue;
    const row = bits.read(16);
    for (let low = 0; low < 16; low += 1) if ((row & (0x8000 >> low)) !== 0) symbols.push(high * 16 + low);
  }
  if (symbols.length === 0) damaged('no symbols');
  return Uint8Array.from(symbols);
}

function readSelectors(bits: BitReader, groups: number): Uint8Array {
  const count = bits.read(15);
  if (count === 0) damaged('no selectors');
  const order = Array.from({ length: groups }, (_, n) => n);
  const selectors = new Uint8Array(count);
  for (let at = 0; at < count; at += 1) {
    let place = 0;
    while (bits.read(1) === 1) {
      place += 1;
      if (place >= groups) damaged('a selector of no table');
    }
    const [table = 0] = order.splice(place, 1);
    order.unshift(table);
    selectors[at] = table;
  }
  return selectors;
}

/** A canonical Huffman code: by length, the largest code, what to take off, and the symbols in order. */
type Table = { limit: Int32Array; base: Int32Array; symbols: Uint16Array; shortest: number };

function readTable(bits: BitReader, size: number): Table {
  const lengths = new Uint8Array(size);
  let length = bits.read(5);
  for (let symbol = 0; symbol < size; symbol += 1) {
    for (;;) {
      if (length < 1 || length > MAX_CODE) damaged('a code of a wrong length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const symbols = new Uint16Array(size);
  const counts = new Int32Array(MAX_CODE + 2);
  let filled = 0;
  for (let n = 1; n <= MAX_CODE; n += 1)
    for (let symbol = 0; symbol < size; symbol += 1)
      if (lengths[symbol] === n) {
        symbols[filled] = symbol;
        filled += 1;
        counts[n] = (counts[n] ?? 0) + 1;
      }
  const limit = new Int32Array(MAX_CODE + 2).fill(-1);
  const base = new Int32Array(MAX_CODE + 2);
  let code = 0;
  let before = 0;
  for (let n = 1; n <= MAX_CODE; n += 1) {
    const count = counts[n] ?? 0;
    base[n] = code - before;
    code += count;
    if (count > 0) limit[n] = code - 1;
    before += count;
    code <<= 1;
  }
  const shortest = lengths.reduce((least, each) => Math.min(least, each), MAX_CODE);
  return { limit, base, symbols, shortest };
}

function decode(bits: BitReader, { limit, base, symbols, shortest }: Table): number {
  let code = bits.read(shortest);
  for (let length = shortest; length <= MAX_CODE; length += 1) {
    const most = limit[length] ?? -1;
    if (most >= 0 && code <= most) {
      const place = code - (base[length] ?? 0);
      if (place < 0 || place >= symbols.length) damaged('a code of no symbol');
      return symbols[place] ?? 0;
    }
    code = code * 2 + bits.read(1);
  }
  return damaged('a code of no symbol');
}

type Coded = { symbols: Uint8Array; selectors: Uint8Array; tables: readonly Table[]; block: Uint32Array };

/** Huffman codes, runs of the first symbol, and move-to-front, into the low bytes of the block. */
function readRuns(bits: BitReader, { symbols, selectors, tables, block }: Coded): { size: number; counts: Int32Array } {
  const order = Uint8Array.from(symbols);
  const counts = new Int32Array(256);
  const end = symbols.length + 1;
  let size = 0;
  let run = 0;
  let weight = 1;
  const put = (value: number, times: number): void => {
    if (size + times > block.length) damaged('a block that is too long');
    block.fill(value, size, size + times);
    counts[value] = (counts[value] ?? 0) + times;
    size += times;
  };
  for (let group = 0; ; group += 1) {
    const table = tables[selectors[group] ?? damagedSelector()];
    if (!table) damaged('a selector of no table');
    for (let n = 0; n < GROUP; n += 1) {
      const symbol = decode(bits, table);
      if (symbol <= 1) {
        run += weight << symbol;
        if (run > block.length) damaged('a run that is too long');
        weight <<= 1;
        continue;
      }
      if (run > 0) {
        put(order[0] ?? 0, run);
        run = 0;
      }
      weight = 1;
      if (symbol === end) return { size, counts };
      const place = symbol - 1;
      const value = order[place] ?? 0;
      order.copyWithin(1, 0, place);
      order[0] = value;
      put(value, 1);
    }
  }
}

function damagedSelector(): never {
  return damaged('codes beyond the last selector');
}

class BitReader {
  readonly #bytes: Buffer;
  #at = 0;
  #held = 0;
  #bits = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** At most 32 bits. */
  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 0x10000 + this.read(16);
    while (this.#bits < count) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Bzip2Error('unreadable', 'its bzip2 data is cut off');
      this.#held = ((this.#held << 8) | byte) & 0xffffff;
      this.#at += 1;
      this.#bits += 8;
    }
    this.#bits -= count;
    return (this.#held >>> this.#bits) & ((1 << count) - 1);
  }

  align(): void {
    this.#bits -= this.#bits % 8;
  }

  /** True where these letters come next; only at the boundary of a byte. */
  follows(letters: string): boolean {
    const from = this.#at - this.#bits / 8;
    return this.#bytes.toString('latin1', from, from + letters.length) === letters;
  }
}

class Output {
  readonly #limit: number;
  #bytes = Buffer.alloc(64 * 1024);
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(value: number): void {
    if (this.#size === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#size] = value;
    this.#size += 1;
  }

  repeat(value: number, times: number): void {
    if (this.#size + times > this.#bytes.length) this.#grow(times);
    this.#bytes.fill(value, this.#size, this.#size + times);
    this.#size += times;
  }

  take(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  #grow(more: number): void {
    if (this.#size + more > this.#limit)
      throw new Bzip2Error('limit', `it expands to more than the ${this.#limit} bytes that are read`);
    const wider = Buffer.alloc(Math.min(this.#limit, Math.max(this.#size + more, this.#bytes.length * 2)));
    this.#bytes.copy(wider, 0, 0, this.#size);
    this.#bytes = wider;
  }
}
