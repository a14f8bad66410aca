/** An immutable hash file: package name to JSON. Looked up with two small reads, so that opening it costs nothing. */
import { readSync } from 'node:fs';
import { ScanError } from '../error.ts';

/*
 * Layout, little-endian: magic (8 bytes), number of names (4), number of slots (4, a power of two), then slots of
 * 8 bytes (hash, offset of the entry; offset 0 is an empty slot), then entries: length of the name (2), length of
 * the value (4), name, value. Names are hashed with FNV-1a; collisions go to the next slot.
 */
const MAGIC = Buffer.from('PRSHARD1', 'latin1');
const HEADER = 16;
const SLOT = 8;
const SMALL = 4 * 1024 * 1024;
const MANY = 32;
const MAX_VALUE = 256 * 1024 * 1024;

/** Writes a shard; the same entries give the same bytes. */
export function encodeShard(entries: ReadonlyMap<string, unknown>): Buffer {
  const names = [...entries.keys()].sort();
  let slots = 16;
  while (slots < names.length * 2) slots *= 2;
  const table = Buffer.alloc(HEADER + slots * SLOT);
  MAGIC.copy(table);
  table.writeUInt32LE(names.length, 8);
  table.writeUInt32LE(slots, 12);
  const pieces: Buffer[] = [table];
  let offset = table.length;
  for (const name of names) {
    const key = Buffer.from(name);
    const value = Buffer.from(JSON.stringify(entries.get(name)));
    const head = Buffer.alloc(6);
    head.writeUInt16LE(key.length, 0);
    head.writeUInt32LE(value.length, 2);
    const hash = fnv1a(key);
    let slot = hash & (slots - 1);
    while (table.readUInt32LE(HEADER + slot * SLOT + 4) !== 0) slot = (slot + 1) & (slots - 1);
    table.writeUInt32LE(hash, HEADER + slot * SLOT);
    table.writeUInt32LE(offset, HEADER + slot * SLOT + 4);
    pieces.push(head, key, value);
    offset += head.length + key.length + value.length;
  }
  return Buffer.concat(pieces);
}

/** Reads a shard through an open file; the file stays readable even when it has been unlinked since. */
export class Shard {
  readonly #file: number;
  readonly #size: number;
  readonly #slots: number;
  readonly names: number;
  #whole: Buffer | null = null;
  #asked = 0;

  /** @throws ScanError `store-corrupt` */
  constructor(file: number, size: number) {
    this.#file = file;
    this.#size = size;
    const header = this.#read(0, HEADER);
    this.names = header.readUInt32LE(8);
    this.#slots = header.readUInt32LE(12);
    const whole =
      (this.#slots & (this.#slots - 1)) === 0 && this.#slots > this.names && HEADER + this.#slots * SLOT <= size;
    if (!header.subarray(0, 8).equals(MAGIC) || !whole) throw corrupt('its header is damaged');
  }

  /** The value under a name, as parsed JSON; undefined where there is none. @throws ScanError `store-corrupt` */
  get(name: string): unknown {
    // Asked often, a small one is cheaper read once: the catalogue of exploited holes is asked for every finding.
    this.#asked += 1;
    if (this.#whole === null && this.#asked > MANY && this.#size <= SMALL) this.#whole = this.#read(0, this.#size);
    const key = Buffer.from(name);
    const hash = fnv1a(key);
    for (let probe = 0; probe < this.#slots; probe += 1) {
      const slot = this.#read(HEADER + ((hash + probe) & (this.#slots - 1)) * SLOT, SLOT);
      const offset = slot.readUInt32LE(4);
      if (offset === 0) return undefined;
      if (slot.readUInt32LE(0) !== hash) continue;
      const entry = this.#entry(offset);
      if (entry.name === name) return parse(entry.value);
    }
    return undefined;
  }

  /** Every entry in the order of names. */
  *entries(): Generator<{ name: string; value: Buffer }> {
    let offset = HEADER + this.#slots * SLOT;
    for (let at = 0; at < this.names; at += 1) {
      const entry = this.#entry(offset);
      yield { name: entry.name, value: entry.value };
      offset = entry.end;
    }
  }

  #entry(offset: number): { name: string; value: Buffer; end: number } {
    const first = this.#read(offset, Math.min(2048, this.#size - offset));
    if (first.length < 6) throw corrupt('an entry is cut off');
    const nameEnd = 6 + first.readUInt16LE(0);
    const end = nameEnd + first.readUInt32LE(2);
    if (end - nameEnd > MAX_VALUE || offset + end > this.#size) throw corrupt('an entry is longer than the file');
    const whole = end <= first.length ? first.subarray(0, end) : this.#read(offset, end);
    return { name: whole.toString('utf8', 6, nameEnd), value: whole.subarray(nameEnd), end: offset + end };
  }

  #read(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || offset + length > this.#size) throw corrupt('it points outside itself');
    if (this.#whole !== null) return this.#whole.subarray(offset, offset + length);
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#file, bytes, done, length - done, offset + done);
      if (count === 0) throw corrupt('it is cut off');
      done += count;
    }
    return bytes;
  }
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch (cause) {
    throw new ScanError('store-corrupt', 'an advisory shard holds a value that is no JSON', { cause });
  }
}

function corrupt(what: string): ScanError {
  return new ScanError('store-corrupt', `an advisory shard cannot be read: ${what}`);
}

function fnv1a(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
