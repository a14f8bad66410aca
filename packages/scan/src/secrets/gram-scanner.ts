/** The one loop that sees every byte of every image, as a WebAssembly module written here instruction by instruction. */

/** Bytes of content that are looked at in one call; they stay in the processor's second cache. */
export const PIECE_BYTES = 128 * 1024;
const TABLE_BITS = 15;
/** Two hashes: the first is taken of every byte, the second where the first says that it may be. */
const FACTORS = [0x9e3779b1 | 0, 0x85ebca77 | 0] as const;
const FOLD = 0x20202020;

/** Where in its memory: the tables, the content, then four bytes for each place that is told. */
const TABLES_AT = [0, 1 << TABLE_BITS] as const;
const CONTENT_AT = 2 << TABLE_BITS;
const PLACES_AT = CONTENT_AT + PIECE_BYTES + 64;
const MEMORY_PAGES = Math.ceil((PLACES_AT + 4 * (PIECE_BYTES + 8)) / 65536);

/** What is used of it: the interface belongs to no types that are loaded here. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: Record<string, unknown> };
};

export type GramScanner = {
  /** Makes a group of four bytes one that is told. @param gram little endian, each byte with 0x20 set */
  add(gram: number): void;
  /** Offsets into `piece` at which one of the groups may begin (its hash is known). Valid until the next call. */
  places(piece: Uint8Array): Uint32Array;
};

/** Four bytes at an offset, as the scanner reads them. */
export function gramOf(bytes: Uint8Array, at: number): number {
  const word =
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  return word | FOLD;
}

/**
 * A look into a table for each byte, four looks before one decision. In JavaScript the same loop takes four times
 * as long: every access is checked, and four bytes cannot be read at once.
 */
export function createGramScanner(): GramScanner {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble()));
  const memory = new Uint8Array((exports['memory'] as { buffer: ArrayBuffer }).buffer);
  const places = new Uint32Array(memory.buffer, PLACES_AT, PIECE_BYTES + 8);
  const scan = exports['scan'] as (from: number, to: number) => number;
  return {
    add(gram) {
      for (const [at, factor] of FACTORS.entries())
        memory[(TABLES_AT[at] ?? 0) + (Math.imul(gram, factor) >>> (32 - TABLE_BITS))] = 1;
    },
    places(piece) {
      memory.set(piece, CONTENT_AT);
      memory.fill(0, CONTENT_AT + piece.length, CONTENT_AT + piece.length + 16);
      const end = scan(CONTENT_AT, CONTENT_AT + piece.length);
      const count = (end - PLACES_AT) / 4;
      for (let at = 0; at < count; at++) places[at] = (places[at] as number) - CONTENT_AT;
      return places.subarray(0, count);
    },
  };
}

const I32 = 0x7f;
const op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load: 0x28,
  load8: 0x2d,
  store: 0x36,
  const: 0x41,
  geU: 0x4f,
  add: 0x6a,
  mul: 0x6c,
  and: 0x71,
  or: 0x72,
  shl: 0x74,
  shrU: 0x76,
} as const;
const EMPTY = 0x40;

/** @see WebAssembly Core Specification 2.0, section 5 */
function assemble(): Uint8Array<ArrayBuffer> {
  const [at, to, out] = [0, 1, 2] as const;
  const hit = (offset: number): number => 3 + offset;
  const constant = (value: number): number[] => [op.const, ...signed(value)];
  const look = (offset: number, table: 0 | 1): number[] => [
    ...[op.get, at, op.load, 0, offset, ...constant(FOLD), op.or],
    ...[...constant(FACTORS[table]), op.mul, ...constant(32 - TABLE_BITS), op.shrU],
    ...[op.load8, 0, ...unsigned(TABLES_AT[table])],
  ];
  const first = (offset: number): number[] => [...look(offset, 0), op.tee, hit(offset)];
  // The place is written in any case; it counts when the end of the list moves behind it.
  const tell = (offset: number): number[] => [
    ...[op.get, out, op.get, at, ...constant(offset), op.add, op.store, 2, 0],
    ...[op.get, out, op.get, hit(offset), ...look(offset, 1), op.and, ...constant(2), op.shl, op.add, op.set, out],
  ];
  const body = [
    ...[...constant(PLACES_AT), op.set, out],
    ...[op.block, EMPTY, op.loop, EMPTY],
    ...[op.get, at, op.get, to, op.geU, op.brIf, 1],
    ...[...first(0), ...first(1), op.or, ...first(2), op.or, ...first(3), op.or],
    ...[op.if, EMPTY, ...tell(0), ...tell(1), ...tell(2), ...tell(3), op.end],
    ...[op.get, at, ...constant(4), op.add, op.set, at, op.br, 0],
    ...[op.end, op.end, op.get, out, op.end],
  ];
  const code = [1, 5, I32, ...body];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, I32, I32, 1, I32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, ...unsigned(MEMORY_PAGES), ...unsigned(MEMORY_PAGES)]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('scan'), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...signed(rest)];
}
