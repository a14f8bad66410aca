/** The table of contents of a zip archive. @see PKWARE APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 */

const END_MARK = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64_MARK = 0x06064b50;
const ENTRY_MARK = 0x02014b50;
export const LOCAL_MARK = 0x04034b50;
const END_BYTES = 22;
/** A comment behind the end record has up to 65,535 bytes, a zip64 locator before it 20. */
export const TAIL_BYTES = END_BYTES + 65_535 + 20;
export const END64_BYTES = 56;

export type ZipEntry = {
  name: string;
  method: number;
  encrypted: boolean;
  /** Bytes as stored, and as the archive says they expand to. */
  compressed: number;
  size: number;
  /** Where the local header begins, from the beginning of the archive. */
  offset: number;
};

/** Where the directory lies: in plain numbers, or in a zip64 record that is still to be read. */
export type ZipEnd = { at: number; length: number; offset: number; zip64At: number | null };

/**
 * Finds the end record in the last bytes of an archive.
 * @param tail the last TAIL_BYTES of the archive, or all of it
 * @returns null where there is none; `at` counts from the beginning of `tail`
 */
export function findEnd(tail: Buffer): ZipEnd | null {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_MARK) continue;
    const zip64 = at >= 20 && tail.readUInt32LE(at - 20) === END64_LOCATOR;
    return {
      at,
      length: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
      zip64At: zip64 ? Number(tail.readBigUInt64LE(at - 12)) : null,
    };
  }
  return null;
}

/** @returns length and offset of the directory; null for bytes that are no zip64 end record */
export function readEnd64(record: Buffer): { length: number; offset: number } | null {
  if (record.length < END64_BYTES || record.readUInt32LE(0) !== END64_MARK) return null;
  return { length: Number(record.readBigUInt64LE(40)), offset: Number(record.readBigUInt64LE(48)) };
}

/**
 * The entries of a directory, in its order.
 * @throws Error for a directory that is damaged or cut off; entries before the damage have been handed out
 */
export function* zipEntries(bytes: Buffer): Generator<ZipEntry> {
  let at = 0;
  while (at + 46 <= bytes.length) {
    if (bytes.readUInt32LE(at) !== ENTRY_MARK) throw new Error('its central directory is damaged');
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) throw new Error('its central directory is cut off');
    const entry = {
      name: bytes.toString('utf8', at + 46, nameEnd),
      method: bytes.readUInt16LE(at + 10),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) !== 0,
      compressed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    };
    yield widen(entry, bytes.subarray(nameEnd, extraEnd));
    at = next;
  }
}

/** Zip64: fields of all ones stand in the extra field 1, in this order. */
function widen(entry: ZipEntry, extra: Buffer): ZipEntry {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let field = at + 4;
    for (const key of ['size', 'compressed', 'offset'] as const) {
      if (entry[key] !== 0xffffffff || field + 8 > extra.length) continue;
      entry[key] = Number(extra.readBigUInt64LE(field));
      field += 8;
    }
  }
  return entry;
}
