/** Reads the headers out of Packages.db: rpm's own database format. */
import { MAX_BLOB, MAX_PROBLEMS, MAX_RECORDS, type RpmRecords } from './records.ts';

const PAGE = 4096;
const SLOT = 16;
const BLOCK = 16;
/** The header takes the place of the first two slots. */
const FIRST_SLOT = 2;
const MAX_SLOT_PAGES = 8192;
const word = (text: string): number => Buffer.from(text, 'latin1').readUInt32LE(0);
const FILE_MAGIC = word('RpmP');
const SLOT_MAGIC = word('Slot');
const BLOB_MAGIC = word('BlbS');

/**
 * All blobs that the slots at the beginning of the file point to.
 *
 * @see rpm, lib/backend/ndb/rpmpkg.c
 */
export function readNdbRecords(file: Buffer): RpmRecords {
  const records: RpmRecords = { blobs: [], problems: [] };
  const { blobs, problems } = records;
  if (file.length < PAGE || file.readUInt32LE(0) !== FILE_MAGIC) {
    problems.push('the file is no rpm package database');
    return records;
  }
  const claimed = file.readUInt32LE(12);
  const pages = Math.min(claimed, MAX_SLOT_PAGES, Math.floor(file.length / PAGE));
  if (claimed !== pages || pages === 0)
    problems.push(`the database claims ${claimed} pages of slots, of which ${pages} were read`);
  const seen = new Set<number>();
  for (let slot = FIRST_SLOT; slot < (pages * PAGE) / SLOT; slot += 1) {
    const at = slot * SLOT;
    if (file.readUInt32LE(at) !== SLOT_MAGIC) {
      problems.push(`slot ${slot} is damaged`);
      break;
    }
    const index = file.readUInt32LE(at + 4);
    const offset = file.readUInt32LE(at + 8);
    if (index === 0 || offset === 0) continue;
    const blob = seen.has(offset) ? null : readBlob(file, offset * BLOCK, index);
    seen.add(offset);
    if (blob) blobs.push(blob);
    else problems.push(`the header of package ${index} cannot be read`);
    if (problems.length > MAX_PROBLEMS) break;
    if (blobs.length < MAX_RECORDS) continue;
    problems.push(`records beyond ${MAX_RECORDS} were left out`);
    break;
  }
  return records;
}

function readBlob(file: Buffer, at: number, index: number): Buffer | null {
  if (at + 16 > file.length) return null;
  const length = file.readUInt32LE(at + 12);
  if (file.readUInt32LE(at) !== BLOB_MAGIC || file.readUInt32LE(at + 4) !== index || length > MAX_BLOB) return null;
  const blob = file.subarray(at + 16, at + 16 + length);
  return blob.length === length ? blob : null;
}
