/** Reads the headers out of Packages: a hash database of Berkeley DB. */
import { MAX_BLOB, MAX_PROBLEMS, MAX_RECORDS, type RpmRecords } from './records.ts';

const HASH_MAGIC = 0x061561;
const PAGE_HEADER = 26;
/** Types of pages: the hash pages of older and newer versions, and those that long values go on in. */
const HASH_UNSORTED = 2;
const HASH = 13;
const OVERFLOW = 7;
/** Types of entries on hash pages: the bytes themselves, or where they begin. */
const IN_PAGE = 1;
const OFF_PAGE = 3;

type File = {
  bytes: Buffer;
  pageSize: number;
  u16(at: number): number;
  u32(at: number): number;
};

/**
 * All values of the database but the counter that rpm keeps under key 0. Pages are read in file order, which meets
 * every bucket once and needs no hash function.
 *
 * @see Berkeley DB, src/dbinc/db_page.h; numbers have the byte order of the machine that wrote them
 */
export function readBerkeleyRecords(bytes: Buffer): RpmRecords {
  const records: RpmRecords = { blobs: [], problems: [] };
  const file = open(bytes);
  if (typeof file === 'string') {
    records.problems.push(file);
    return records;
  }
  try {
    readPages(file, records);
  } catch {
    records.problems.push('the database is damaged');
  }
  return records;
}

function open(bytes: Buffer): File | string {
  if (bytes.length < 512) return 'the file is no Berkeley DB database';
  const little = bytes.readUInt32LE(12) === HASH_MAGIC;
  if (!little && bytes.readUInt32BE(12) !== HASH_MAGIC) return 'the file is no hash database of Berkeley DB';
  const u16 = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const pageSize = u32(20);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0)
    return `the database has pages of ${pageSize} bytes`;
  if (bytes[24] !== 0) return 'the database is encrypted';
  return { bytes, pageSize, u16, u32 };
}

function readPages(file: File, { blobs, problems }: RpmRecords): void {
  const { bytes, pageSize } = file;
  const last = file.u32(32);
  if ((last + 1) * pageSize > bytes.length) problems.push('the database is cut off');
  const used = new Set<number>();
  for (let page = 1; page <= last && (page + 1) * pageSize <= bytes.length; page += 1) {
    if (problems.length > MAX_PROBLEMS) return;
    const start = page * pageSize;
    const type = bytes[start + 25];
    if (type !== HASH && type !== HASH_UNSORTED) continue;
    const entries = file.u16(start + 20);
    if (PAGE_HEADER + entries * 2 > pageSize) {
      problems.push(`page ${page} of the database is damaged`);
      continue;
    }
    // Keys and values take turns.
    for (let entry = 1; entry < entries; entry += 2) {
      const blob = readValue(file, start, entry, used);
      if (blob === null) problems.push(`a value on page ${page} of the database cannot be read`);
      else if (blob.length > 8) blobs.push(blob);
      if (blobs.length < MAX_RECORDS) continue;
      problems.push(`records beyond ${MAX_RECORDS} were left out`);
      return;
    }
  }
}

/** Values fill a page from its end; each reaches to the one before it. */
function readValue(file: File, start: number, entry: number, used: Set<number>): Buffer | null {
  const { bytes, pageSize } = file;
  const at = file.u16(start + PAGE_HEADER + entry * 2);
  const end = file.u16(start + PAGE_HEADER + (entry - 1) * 2);
  if (at < PAGE_HEADER || at >= end || end > pageSize) return null;
  const type = bytes[start + at];
  if (type === IN_PAGE) return bytes.subarray(start + at + 1, start + end);
  if (type !== OFF_PAGE || at + 12 > pageSize) return null;
  return readChain(file, file.u32(start + at + 4), file.u32(start + at + 8), used);
}

/** Every page belongs to one value alone; one that is met again would lead in circles. */
function readChain(file: File, first: number, length: number, used: Set<number>): Buffer | null {
  const { bytes, pageSize } = file;
  if (length > MAX_BLOB || length > bytes.length) return null;
  const pieces: Buffer[] = [];
  let left = length;
  for (let page = first; page !== 0 && left > 0; ) {
    const start = page * pageSize;
    if (used.has(page) || start + pageSize > bytes.length || bytes[start + 25] !== OVERFLOW) return null;
    used.add(page);
    const here = Math.min(file.u16(start + 22), pageSize - PAGE_HEADER, left);
    pieces.push(bytes.subarray(start + PAGE_HEADER, start + PAGE_HEADER + here));
    left -= here;
    page = file.u32(start + 16);
  }
  return left === 0 ? Buffer.concat(pieces) : null;
}
