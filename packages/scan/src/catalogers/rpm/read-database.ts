/** Turns one database file of rpm into packages, in a form small enough to be kept while layers are read. */
import { randomBytes } from 'node:crypto';
import { isVisible } from '../../printable.ts';
import { asList, asObject, readJson } from '../text.ts';
import { readBerkeleyRecords } from './berkeley.ts';
import { parseRpmHeader, type RpmHeader } from './header.ts';
import { parseRpmManifest } from './manifest.ts';
import { readNdbRecords } from './ndb.ts';
import type { RpmRecords } from './records.ts';
import { readSqliteRecords } from './sqlite.ts';

export type RpmRead = { headers: RpmHeader[]; problems: string[] };

/** Bytes of names of files, over all packages. */
const MAX_FILE_BYTES = 192 * 1024 * 1024;
const MAX_PROBLEMS = 20;

/** Reads any of the four forms, told apart by name. Throws nothing. */
export function readRpmDatabase(path: string, content: Buffer, log: Buffer | null): RpmRead {
  const name = path.slice(path.lastIndexOf('/') + 1);
  try {
    if (name === 'rpmdb.sqlite') return headersOf(readSqliteRecords(content, log), content.length + (log?.length ?? 0));
    if (name === 'Packages.db') return headersOf(readNdbRecords(content), content.length);
    if (name === 'Packages') return headersOf(readBerkeleyRecords(content), content.length);
    return checked(parseRpmManifest(content));
  } catch (error) {
    return { headers: [], problems: [error instanceof Error ? error.message.slice(0, 200) : 'unknown error'] };
  }
}

/** @param size bytes of the database: records that are longer together lie over each other, to cost much */
function headersOf({ blobs, problems }: RpmRecords, size: number): RpmRead {
  const headers: RpmHeader[] = [];
  let fileBytes = 0;
  let bytes = 0;
  for (const [at, blob] of blobs.entries()) {
    bytes += blob.length;
    if (bytes > size) {
      problems.push('its records lie over each other; those that follow were left out');
      break;
    }
    try {
      const header = parseRpmHeader(blob);
      for (const [directory, names] of header.files)
        for (const name of names) fileBytes += name.length + 8 + (directory.length >> 4);
      if (fileBytes > MAX_FILE_BYTES) {
        problems.push(`the files of ${header.name} and later packages were left out: there are too many`);
        header.files = [];
      }
      headers.push(header);
    } catch (error) {
      const reason = error instanceof RangeError ? 'it is cut off' : (error as Error).message;
      problems.push(`record ${at + 1} cannot be read: ${reason}`);
    }
  }
  return checked({ headers, problems });
}

function checked({ headers, problems }: RpmRead): RpmRead {
  const kept = headers.filter((each) => {
    if ([each.name, each.version, each.release].every(isVisible)) return true;
    problems.push(`the record of ${JSON.stringify(each.name.slice(0, 80))} has no readable name and version`);
    return false;
  });
  if (problems.length > MAX_PROBLEMS)
    problems.splice(MAX_PROBLEMS, Infinity, `and ${problems.length - MAX_PROBLEMS} more records that cannot be read`);
  return { headers: kept, problems };
}

/** Begins what this process condensed; no image can begin a file with it. */
const CONDENSED = randomBytes(16);

/** The short form of a database that is too large to be kept as it is. */
export function condenseRpmDatabase(path: string, content: Buffer): Buffer {
  return Buffer.concat([CONDENSED, Buffer.from(JSON.stringify(readRpmDatabase(path, content, null)))]);
}

/** @returns null for what `condenseRpmDatabase` did not write */
export function readCondensed(content: Buffer): RpmRead | null {
  if (!content.subarray(0, CONDENSED.length).equals(CONDENSED)) return null;
  const read = asObject(readJson(content.subarray(CONDENSED.length)));
  return { headers: asList(read['headers']) as RpmHeader[], problems: asList(read['problems']) as string[] };
}
