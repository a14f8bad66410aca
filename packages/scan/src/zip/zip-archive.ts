/** Reads zip archives that lie in memory, nested ones too, within what one file of an image may cost. */
import { inflateRawSync } from 'node:zlib';
import { END64_BYTES, findEnd, LOCAL_MARK, readEnd64, TAIL_BYTES, type ZipEntry, zipEntries } from './directory.ts';

/** What all archives inside one file of an image may cost together; it is drawn down while they are read. */
export type ZipBudget = {
  /** Entries still to be listed. */
  entries: number;
  /** Bytes still to be expanded; bytes that are stored plainly cost nothing. */
  bytes: number;
};

/** A large server's `ear` has some 60,000 entries and expands to 600 MiB; overlapping entries may declare petabytes. */
export function newBudget(): ZipBudget {
  return { entries: 500_000, bytes: 1024 * 1024 * 1024 };
}

const MOST_CHUNK = 8 * 1024 * 1024;

/** Something of an archive that was not read, in words; `limit` where it was refused for its size or number. */
export type ZipProblem = { kind: 'limit' | 'unreadable'; detail: string };

export type ZipArchive = {
  entries: ZipEntry[];
  /** What is wrong with the directory as a whole. */
  problems: ZipProblem[];
  /** The content of one entry, or why it is refused. Throws nothing. */
  read(entry: ZipEntry, maxBytes: number): Buffer | ZipProblem;
};

/**
 * Lists an archive. Bytes before the archive, as of an executable jar that begins with a script, are skipped.
 * Throws nothing; an archive that is none has no entries and a problem.
 */
export function openZip(bytes: Buffer, budget: ZipBudget): ZipArchive {
  const archive: ZipArchive = {
    entries: [],
    problems: [],
    read: (entry, max) => readEntry(bytes, 0, entry, max, budget),
  };
  const place = locate(bytes);
  if (typeof place === 'string') {
    archive.problems.push({ kind: 'unreadable', detail: place });
    return archive;
  }
  archive.read = (entry, max) => readEntry(bytes, place.base, entry, max, budget);
  try {
    for (const entry of zipEntries(bytes.subarray(place.start, place.start + place.length))) {
      if (budget.entries <= 0) {
        archive.problems.push({ kind: 'limit', detail: 'it has more entries than are listed' });
        break;
      }
      budget.entries -= 1;
      archive.entries.push(entry);
    }
  } catch (error) {
    archive.problems.push({ kind: 'unreadable', detail: error instanceof Error ? error.message : 'it is damaged' });
  }
  return archive;
}

export function isZipProblem(read: Buffer | ZipProblem): read is ZipProblem {
  return !Buffer.isBuffer(read);
}

/** Where the directory lies in the bytes, and where the archive itself begins. */
function locate(bytes: Buffer): { start: number; length: number; base: number } | string {
  const tailAt = Math.max(0, bytes.length - TAIL_BYTES);
  const end = findEnd(bytes.subarray(tailAt));
  if (!end) return 'it is no zip archive, or is cut off';
  let { length, offset } = end;
  let after = tailAt + end.at; // the directory ends where the first of the end records begins
  if (end.zip64At !== null) {
    const locator = after - 20;
    // With bytes before the archive the record lies elsewhere than the locator says: right before the locator.
    const at = readEnd64(bytes.subarray(end.zip64At, end.zip64At + END64_BYTES)) ? end.zip64At : locator - END64_BYTES;
    const wide = at >= 0 ? readEnd64(bytes.subarray(at, at + END64_BYTES)) : null;
    if (!wide) return 'its zip64 directory is damaged';
    ({ length, offset } = wide);
    after = at;
  }
  const start = after - length;
  const base = start - offset;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(base) || start < 0 || base < 0)
    return 'its central directory is damaged';
  return { start, length, base };
}

function readEntry(bytes: Buffer, base: number, entry: ZipEntry, max: number, budget: ZipBudget): Buffer | ZipProblem {
  const unreadable = (detail: string): ZipProblem => ({ kind: 'unreadable', detail });
  if (entry.encrypted) return unreadable('it is encrypted');
  const header = base + entry.offset;
  if (header + 30 > bytes.length || bytes.readUInt32LE(header) !== LOCAL_MARK)
    return unreadable('its local header is damaged');
  const at = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  if (at + entry.compressed > bytes.length) return unreadable('it is cut off');
  if (entry.size > max) return { kind: 'limit', detail: `it says that it has ${entry.size} bytes, more than ${max}` };
  const stored = bytes.subarray(at, at + entry.compressed);
  if (entry.method === 0)
    return stored.length > max ? { kind: 'limit', detail: `it has more than ${max} bytes` } : stored;
  if (entry.method !== 8) return unreadable(`it uses compression method ${entry.method}`);
  if (budget.bytes <= 0) return { kind: 'limit', detail: 'the archives in this file expand to more than is read' };
  const room = Math.min(max, entry.size, budget.bytes);
  try {
    // One piece of memory for all of it, where what it says of itself can be true: pieces are copied together.
    const chunkSize = Math.min(MOST_CHUNK, Math.max(64, Math.min(room, stored.length * 64) + 1));
    const content = inflateRawSync(stored, { maxOutputLength: Math.max(1, room), chunkSize });
    budget.bytes -= content.length;
    return content;
  } catch (error) {
    // What was expanded before the refusal has cost as much as if it had been kept.
    budget.bytes -= room;
    const over = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return over
      ? { kind: 'limit', detail: 'it expands to more bytes than it says, or than are read' }
      : unreadable('its compressed bytes are damaged');
  }
}
