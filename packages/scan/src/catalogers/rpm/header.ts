/** Reads what is needed of an rpm header: the record that rpm keeps of an installed package. */

export type RpmHeader = {
  name: string;
  version: string;
  release: string;
  epoch: number | null;
  architecture: string | null;
  sourceRpm: string | null;
  license: string | null;
  /** Module and stream that the package was built for, where it is modular. */
  module: string | null;
  /** Base names of the files that are there, by directory. */
  files: [directory: string, names: string[]][];
};

/** Numbers of the tags. @see rpm, include/rpm/rpmtag.h */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  license: 1014,
  architecture: 1022,
  oldFileNames: 1027,
  fileStates: 1029,
  sourceRpm: 1044,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  module: 5096,
} as const;
const WANTED: ReadonlySet<number> = new Set(Object.values(TAG));

/** Types of entries. */
const INT8 = 2;
const INT32 = 4;
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

/** rpm itself refuses headers with more. @see rpm, lib/header.c, HEADER_TAGS_MAX */
const MAX_ENTRIES = 0xffff;
const MAX_FILES = 500_000;
const MAX_TEXT = 4096;

type Entry = { type: number; offset: number; count: number };

/**
 * Parses a header as databases hold it: two counts, the index, the values; all numbers big-endian.
 *
 * @throws Error naming what is wrong; RangeError where it is cut off
 * @see rpm, docs/manual/format_header.md
 */
export function parseRpmHeader(blob: Buffer): RpmHeader {
  const entries = blob.readUInt32BE(0);
  const length = blob.readUInt32BE(4);
  const start = 8 + entries * 16;
  if (entries === 0 || entries > MAX_ENTRIES) throw new Error(`its header claims ${entries} entries`);
  if (start + length > blob.length) throw new Error('its header is cut off');
  const values = blob.subarray(start, start + length);
  const index = new Map<number, Entry>();
  for (let at = 8; at < start; at += 16) {
    const tag = blob.readUInt32BE(at);
    // Values that rpm added on installation come after the signed ones and say the same or more.
    if (WANTED.has(tag))
      index.set(tag, {
        type: blob.readUInt32BE(at + 4),
        offset: blob.readUInt32BE(at + 8),
        count: blob.readUInt32BE(at + 12),
      });
  }
  const text = (tag: number): string | null => strings(values, index.get(tag), 1)[0] ?? null;
  return {
    name: text(TAG.name) ?? '',
    version: text(TAG.version) ?? '',
    release: text(TAG.release) ?? '',
    epoch: numbers(values, index.get(TAG.epoch))[0] ?? null,
    architecture: text(TAG.architecture),
    sourceRpm: text(TAG.sourceRpm),
    license: text(TAG.license),
    module: text(TAG.module),
    files: filesOf(values, index),
  };
}

/** Files that another package replaced, or that were not unpacked, are not this package's. */
function filesOf(values: Buffer, index: ReadonlyMap<number, Entry>): RpmHeader['files'] {
  const states = index.get(TAG.fileStates);
  const there = (at: number): boolean =>
    states?.type !== INT8 || at >= states.count || (values[states.offset + at] ?? 0) === 0;
  const old = strings(values, index.get(TAG.oldFileNames), MAX_FILES);
  if (old.length > 0) return [['', old.filter((_, at) => there(at))]];
  const names = strings(values, index.get(TAG.baseNames), MAX_FILES);
  const directories = strings(values, index.get(TAG.dirNames), MAX_FILES);
  const of = numbers(values, index.get(TAG.dirIndexes));
  const grouped = new Map<string, string[]>();
  names.forEach((name, at) => {
    const directory = directories[of[at] ?? -1];
    if (directory === undefined || !there(at)) return;
    const group = grouped.get(directory);
    if (group) group.push(name);
    else grouped.set(directory, [name]);
  });
  return [...grouped];
}

function strings(values: Buffer, entry: Entry | undefined, most: number): string[] {
  if (!entry || (entry.type !== STRING && entry.type !== STRING_ARRAY && entry.type !== I18N_STRING)) return [];
  const found: string[] = [];
  let at = entry.offset;
  for (let left = Math.min(entry.count, most); left > 0 && at < values.length; left -= 1) {
    const end = values.indexOf(0, at);
    if (end < 0) break;
    found.push(values.toString('utf8', at, Math.min(end, at + MAX_TEXT)));
    at = end + 1;
  }
  return found;
}

function numbers(values: Buffer, entry: Entry | undefined): number[] {
  if (entry?.type !== INT32) return [];
  const found: number[] = [];
  const end = Math.min(entry.offset + Math.min(entry.count, MAX_FILES) * 4, values.length - 3);
  for (let at = entry.offset; at < end; at += 4) found.push(values.readUInt32BE(at));
  return found;
}
