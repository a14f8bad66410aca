/** Reads the records of a PAX extended header. */
import { isUtf8 } from 'node:buffer';

export type PaxRecords = {
  path: string | null;
  linkPath: string | null;
  size: number | null;
  uid: number | null;
  gid: number | null;
  sparse: boolean;
  /** Name that GNU tar hides behind a made-up one for sparse files. */
  sparseName: string | null;
  sparseSize: number | null;
};

/**
 * Parses `LENGTH KEY=VALUE\n` records. Unknown keys are passed over; a later record of a key wins.
 * @returns null when a record is malformed
 * @see POSIX.1-2017 pax, "pax Extended Header"
 */
export function decodePax(bytes: Buffer): PaxRecords | null {
  const records: PaxRecords = {
    path: null,
    linkPath: null,
    size: null,
    uid: null,
    gid: null,
    sparse: false,
    sparseName: null,
    sparseSize: null,
  };
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === 0) break; // padding that some writers count in
    const space = bytes.indexOf(0x20, at);
    if (space < 0 || space - at > 10) return null;
    const length = decimal(bytes.toString('latin1', at, space));
    const end = at + (length ?? 0);
    if (length === null || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a) return null;
    const equals = bytes.indexOf(0x3d, space + 1);
    if (equals < 0 || equals >= end - 1) return null;
    const key = bytes.toString('latin1', space + 1, equals);
    if (!take(records, key, bytes.subarray(equals + 1, end - 1))) return null;
    at = end;
  }
  return records;
}

function take(records: PaxRecords, key: string, value: Buffer): boolean {
  switch (key) {
    case 'path':
    case 'linkpath':
    case 'GNU.sparse.name': {
      if (value.includes(0)) return false; // two readers would see two names
      const text = isUtf8(value) ? value.toString('utf8') : value.toString('latin1');
      if (key === 'path') records.path = text;
      else if (key === 'linkpath') records.linkPath = text;
      else [records.sparseName, records.sparse] = [text, true];
      return true;
    }
    case 'size':
    case 'uid':
    case 'gid': {
      const number = value.length === 0 ? null : decimal(value.toString('latin1'));
      if (number === null && value.length > 0) return false;
      records[key] = number;
      return true;
    }
    case 'GNU.sparse.size':
    case 'GNU.sparse.realsize':
      records.sparse = true;
      records.sparseSize = decimal(value.toString('latin1'));
      return records.sparseSize !== null;
    default:
      if (key.startsWith('GNU.sparse.')) records.sparse = true;
      return true;
  }
}

function decimal(text: string): number | null {
  if (!/^[0-9]{1,16}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
