/** Reads the headers out of rpmdb.sqlite: one table of an SQLite database, without SQLite. */
import { MAX_BLOB, MAX_PROBLEMS, MAX_RECORDS, type RpmRecords } from './records.ts';

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const WAL_MAGIC = 0x377f0682;
const INTERIOR_TABLE = 0x05;
const LEAF_TABLE = 0x0d;
const MAX_DEPTH = 20;

/** Page sizes are powers of two from 512 to 65536, the last written as 1. */
type Pages = {
  size: number;
  /** Bytes of a page that hold content; extensions keep the rest. */
  usable: number;
  get(number: number): Buffer | null;
};

type Row = { values: { type: number; bytes: Buffer }[] };

/**
 * All values of the column `blob` of the table `Packages`.
 *
 * @param log the write-ahead log beside the database, if it has any bytes: committed pages in it are newer
 * @see SQLite, "Database File Format", sections 1.3, 1.6, 2 and 4
 */
export function readSqliteRecords(file: Buffer, log: Buffer | null): RpmRecords {
  const records: RpmRecords = { blobs: [], problems: [] };
  if (!file.subarray(0, 16).equals(MAGIC)) {
    records.problems.push('the file is no SQLite database');
    return records;
  }
  try {
    readTable(file, log, records);
  } catch (error) {
    records.problems.push(error instanceof RangeError ? 'the database is damaged' : String((error as Error).message));
  }
  return records;
}

function readTable(file: Buffer, log: Buffer | null, records: RpmRecords): void {
  const size = file.readUInt16BE(16) === 1 ? 65536 : file.readUInt16BE(16);
  const usable = size - (file[20] ?? 0);
  if (size < 512 || (size & (size - 1)) !== 0 || usable < 480)
    throw new Error(`the database has pages of ${size} bytes`);
  if (file.readUInt32BE(56) > 1) throw new Error('the texts of the database are not in UTF-8');
  const newer = log === null ? new Map<number, Buffer>() : readLog(log, size, records.problems);
  const pages: Pages = {
    size,
    usable,
    get: (number) => {
      const found = newer.get(number) ?? file.subarray((number - 1) * size, number * size);
      return number > 0 && found.length === size ? found : null;
    },
  };
  let root = 0;
  walk(pages, 1, records.problems, (row) => {
    const [type, name, , page] = row.values;
    if (type?.bytes.toString() === 'table' && name?.bytes.toString() === 'Packages' && page && page.bytes.length <= 6)
      root = page.bytes.length > 0 ? page.bytes.readUIntBE(0, page.bytes.length) : 0;
    return true;
  });
  if (root === 0) throw new Error('the database has no table Packages');
  walk(pages, root, records.problems, (row) => {
    const blob = row.values[1];
    if (blob && blob.type >= 12 && blob.type % 2 === 0) records.blobs.push(blob.bytes);
    else records.problems.push('a row of the table Packages has no header');
    return records.blobs.length < MAX_RECORDS;
  });
  if (records.blobs.length >= MAX_RECORDS) records.problems.push(`records beyond ${MAX_RECORDS} were left out`);
}

/** Goes through a table's tree in key order. A page that was seen before is an error, so that nothing turns in circles. */
function walk(pages: Pages, root: number, problems: string[], onRow: (row: Row) => boolean): void {
  const seen = new Set<number>();
  const stack: { number: number; depth: number }[] = [{ number: root, depth: 1 }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { number, depth } = top;
    if (problems.length > MAX_PROBLEMS) return;
    const page = seen.has(number) || depth > MAX_DEPTH ? null : pages.get(number);
    seen.add(number);
    if (!page) {
      problems.push(`page ${number} of the database is not there, or is reached twice`);
      continue;
    }
    const at = number === 1 ? 100 : 0;
    const kind = page[at];
    const cells = page.readUInt16BE(at + 3);
    if (kind === LEAF_TABLE)
      for (let cell = 0; cell < cells; cell += 1) {
        if (problems.length > MAX_PROBLEMS) return;
        const row = readRow(pages, page, page.readUInt16BE(at + 8 + cell * 2), seen);
        if (!row) problems.push(`a row on page ${number} of the database cannot be read`);
        else if (!onRow(row)) return;
      }
    else if (kind === INTERIOR_TABLE) {
      stack.push({ number: page.readUInt32BE(at + 8), depth: depth + 1 });
      for (let cell = cells - 1; cell >= 0; cell -= 1)
        stack.push({ number: page.readUInt32BE(page.readUInt16BE(at + 12 + cell * 2)), depth: depth + 1 });
    } else problems.push(`page ${number} of the database is no page of a table`);
  }
}

function readRow(pages: Pages, page: Buffer, at: number, seen: Set<number>): Row | null {
  const length = varint(page, at);
  const key = varint(page, length.next);
  const payload = readPayload(pages, page, key.next, length.value, seen);
  if (!payload) return null;
  const head = varint(payload, 0);
  if (head.value > payload.length) return null;
  const row: Row = { values: [] };
  let value = head.value;
  for (let at = head.next; at < head.value; ) {
    const type = varint(payload, at);
    at = type.next;
    const size =
      type.value >= 12 ? Math.floor((type.value - 12) / 2) : ([0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type.value] ?? 0);
    if (value + size > payload.length || row.values.length > 100) return null;
    row.values.push({ type: type.value, bytes: payload.subarray(value, value + size) });
    value += size;
  }
  return row;
}

/** A record that does not fit its page goes on in a chain of others. */
function readPayload(pages: Pages, page: Buffer, at: number, length: number, seen: Set<number>): Buffer | null {
  const { usable } = pages;
  if (length > MAX_BLOB) return null;
  const most = usable - 35;
  if (length <= most) return at + length <= page.length ? page.subarray(at, at + length) : null;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  const local = fitting <= most ? fitting : least;
  const pieces = [page.subarray(at, at + local)];
  let next = page.readUInt32BE(at + local);
  for (let left = length - local; left > 0; ) {
    const more = seen.has(next) ? null : pages.get(next);
    if (!more) return null;
    seen.add(next);
    pieces.push(more.subarray(4, Math.min(usable, 4 + left)));
    left -= usable - 4;
    next = more.readUInt32BE(0);
  }
  const payload = Buffer.concat(pieces);
  return payload.length === length ? payload : null;
}

/** Pages of committed transactions; frames of an earlier use of the log have another salt. */
function readLog(log: Buffer, size: number, problems: string[]): Map<number, Buffer> {
  const committed = new Map<number, Buffer>();
  if (log.length < 32 || (log.readUInt32BE(0) & 0xfffffffe) >>> 0 !== WAL_MAGIC || log.readUInt32BE(8) !== size) {
    problems.push('the write-ahead log beside the database cannot be read');
    return committed;
  }
  const salt = log.subarray(16, 24);
  let open = new Map<number, Buffer>();
  for (let at = 32; at + 24 + size <= log.length; at += 24 + size) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    open.set(log.readUInt32BE(at), log.subarray(at + 24, at + 24 + size));
    if (log.readUInt32BE(at + 4) === 0) continue;
    for (const [number, page] of open) committed.set(number, page);
    open = new Map();
  }
  return committed;
}

/** Seven bits a byte, high bits first; the ninth byte has eight. Values beyond 2^53 are nobody's length. */
function varint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let count = 0; count < 9; count += 1) {
    const byte = bytes.readUInt8(at + count);
    if (count === 8) return { value: value * 256 + byte, next: at + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: at + count + 1 };
  }
  return { value, next: at + 9 };
}
