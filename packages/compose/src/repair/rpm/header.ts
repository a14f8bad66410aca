/** rpm's headers: read with all of their tags, and written as rpm keeps them of an installed package. */
import { ComposeError } from '../../error.ts';

/** Numbers of tags. @see rpm, include/rpm/rpmtag.h */
export const TAG = {
  immutable: 63,
  sigSize: 257,
  sigMd5: 261,
  rsaHeader: 268,
  sha1Header: 269,
  openPgp: 278,
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  buildTime: 1006,
  installTime: 1008,
  group: 1016,
  architecture: 1022,
  fileSizes: 1028,
  fileStates: 1029,
  fileModes: 1030,
  fileRdevs: 1033,
  fileMtimes: 1034,
  fileDigests: 1035,
  fileLinks: 1036,
  fileFlags: 1037,
  fileUsers: 1039,
  fileGroups: 1040,
  sourceRpm: 1044,
  archiveSize: 1046,
  provideName: 1047,
  requireFlags: 1048,
  requireName: 1049,
  requireVersion: 1050,
  conflictFlags: 1053,
  conflictName: 1054,
  conflictVersion: 1055,
  triggerScripts: 1065,
  triggerName: 1066,
  triggerVersion: 1067,
  triggerFlags: 1068,
  triggerIndex: 1069,
  obsoleteName: 1090,
  triggerProg: 1092,
  fileDevices: 1095,
  fileInodes: 1096,
  fileLangs: 1097,
  provideFlags: 1112,
  provideVersion: 1113,
  obsoleteFlags: 1114,
  obsoleteVersion: 1115,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  payloadCompressor: 1125,
  installColor: 1127,
  installTid: 1128,
  longFileSizes: 5008,
  fileCaps: 5010,
  fileDigestAlgo: 5011,
  recommendName: 5046,
  suggestName: 5049,
  supplementName: 5052,
  enhanceName: 5055,
  transFileTriggerName: 5079,
  fileTriggerName: 5069,
  payloadDigest: 5092,
  payloadDigestAlgo: 5093,
  modularityLabel: 5096,
} as const;

const TYPE = { char: 1, int8: 2, int16: 3, int32: 4, int64: 5, string: 6, binary: 7, strings: 8, i18n: 9 } as const;
const ALIGNMENT: Record<number, number> = { [TYPE.int16]: 2, [TYPE.int32]: 4, [TYPE.int64]: 8 };
const SIZE: Record<number, number> = {
  [TYPE.char]: 1,
  [TYPE.int8]: 1,
  [TYPE.int16]: 2,
  [TYPE.int32]: 4,
  [TYPE.int64]: 8,
  [TYPE.binary]: 1,
};
/** rpm refuses headers with more. @see rpm, lib/header.c */
const MAX_ENTRIES = 0xffff;
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_COUNT = 2_000_000;
const REGION_TRAILER = 16;

export type Entry = { tag: number; type: number; count: number; bytes: Buffer };

/** Values of tags by number; texts are bytes (latin1), as names in a tree. */
export class RpmHeader {
  /** Index and data behind it, without magic. */
  readonly blob: Buffer;
  readonly #entries: ReadonlyMap<number, Entry>;

  private constructor(blob: Buffer, entries: ReadonlyMap<number, Entry>) {
    this.blob = blob;
    this.#entries = entries;
  }

  /**
   * Two counts, the index, the values; all numbers big-endian. Bytes behind them are not looked at.
   *
   * @param broken makes the error of what is wrong
   * @see rpm, docs/manual/format_header.md
   */
  static parse(bytes: Buffer, broken: (why: string) => ComposeError): RpmHeader {
    if (bytes.length < 8) throw broken('its header is cut short');
    const [count, size] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
    const start = 8 + count * 16;
    if (count === 0 || count > MAX_ENTRIES || size > MAX_BYTES)
      throw broken(`its header claims ${count} entries and ${size} bytes`);
    if (start + size > bytes.length) throw broken('its header is cut short');
    const values = bytes.subarray(start, start + size);
    const entries = new Map<number, Entry>();
    for (let at = 8; at < start; at += 16) {
      const [tag, type, offset, number] = [0, 4, 8, 12].map((part) => bytes.readUInt32BE(at + part));
      if (tag === undefined || type === undefined || offset === undefined || number === undefined) continue;
      // Regions speak of the index itself; of tags that come twice, the signed one comes first.
      if (tag < 64 || entries.has(tag)) continue;
      const end = endOf(values, type, offset, number);
      if (end === null) throw broken(`its tag ${tag} does not lie within it`);
      entries.set(tag, { tag, type, count: number, bytes: values.subarray(offset, end) });
    }
    return new RpmHeader(bytes.subarray(0, start + size), entries);
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  entry(tag: number): Entry | null {
    return this.#entries.get(tag) ?? null;
  }

  strings(tag: number): string[] {
    const entry = this.#entries.get(tag);
    if (!entry || entry.type < TYPE.string || entry.type === TYPE.binary) return [];
    const text = entry.bytes.toString('latin1');
    return text.split('\0').slice(0, entry.count);
  }

  /** The first text of a tag; of a translated one the untranslated. */
  text(tag: number): string | null {
    return this.strings(tag)[0] ?? null;
  }

  numbers(tag: number): number[] {
    const entry = this.#entries.get(tag);
    const size = entry ? SIZE[entry.type] : undefined;
    if (!entry || size === undefined || entry.type === TYPE.binary) return [];
    const found: number[] = [];
    for (let at = 0; at + size <= entry.bytes.length; at += size)
      found.push(size === 8 ? Number(entry.bytes.readBigUInt64BE(at)) : entry.bytes.readUIntBE(at, size));
    return found;
  }

  number(tag: number): number | null {
    return this.numbers(tag)[0] ?? null;
  }

  bytes(tag: number): Buffer | null {
    const entry = this.#entries.get(tag);
    return entry?.type === TYPE.binary ? entry.bytes : null;
  }
}

/** Where a value ends; null where it does not fit. */
function endOf(values: Buffer, type: number, offset: number, count: number): number | null {
  if (count > MAX_COUNT && type !== TYPE.binary && type !== TYPE.char) return null;
  const size = SIZE[type];
  if (size !== undefined) return offset + size * count <= values.length ? offset + size * count : null;
  if (type !== TYPE.string && type !== TYPE.strings && type !== TYPE.i18n) return null;
  let end = offset;
  for (let left = count; left > 0; left--) {
    const nul = values.indexOf(0, end);
    if (nul < 0 || end >= values.length) return null;
    end = nul + 1;
  }
  return end;
}

export const int32Entry = (tag: number, value: number): Entry => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return { tag, type: TYPE.int32, count: 1, bytes };
};
export const charEntry = (tag: number, bytes: Buffer): Entry => ({ tag, type: TYPE.char, count: bytes.length, bytes });

/** What signature headers call differently, as rpm merges them. @see rpm, lib/package.c, headerMergeLegacySigs */
const MERGED: Record<number, number> = {
  1000: 257,
  1002: 259,
  1004: 261,
  1005: 262,
  1007: 1046,
  267: 267,
  268: 268,
  269: 269,
  270: 270,
  271: 271,
  273: 273,
  274: 5090,
  275: 5091,
  276: 5094,
  277: 5095,
  278: 278,
};

/** Entries that an installed package's record has from its signature header. */
export function mergedSignatures(signature: RpmHeader, header: RpmHeader): Entry[] {
  return Object.entries(MERGED).flatMap(([from, tag]) => {
    const entry = signature.entry(Number(from));
    return entry && !header.has(tag) ? [{ ...entry, tag }] : [];
  });
}

/**
 * The record of an installed package: the signed region as it is, and what was added behind it by number of tag.
 *
 * @param region a package's header, which begins with its immutable region
 * @throws ComposeError `package-invalid`
 * @see rpm, lib/header.c, headerExport
 */
export function writeRecord(region: RpmHeader, added: readonly Entry[], origin: string): Buffer {
  const { blob } = region;
  const [count, size] = [blob.readUInt32BE(0), blob.readUInt32BE(4)];
  const offset = blob.readInt32BE(16);
  // The region must cover the whole of it: what is not signed would look as if it were.
  if (blob.readUInt32BE(8) !== TAG.immutable || offset !== size - REGION_TRAILER)
    throw new ComposeError('package-invalid', `${origin}: its header has no immutable region that covers it`);
  const index = [blob.subarray(8, 8 + count * 16)];
  const values = [blob.subarray(8 + count * 16)];
  let at = size;
  for (const { tag, type, count: number, bytes } of [...added].sort((a, b) => a.tag - b.tag)) {
    const alignment = ALIGNMENT[type] ?? 1;
    const padding = (alignment - (at % alignment)) % alignment;
    const entry = Buffer.alloc(16);
    for (const [part, value] of [tag, type, at + padding, number].entries()) entry.writeUInt32BE(value, part * 4);
    index.push(entry);
    values.push(Buffer.alloc(padding), bytes);
    at += padding + bytes.length;
  }
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(count + added.length, 0);
  counts.writeUInt32BE(at, 4);
  return Buffer.concat([counts, ...index, ...values]);
}
