/** Recognises what a content is packed with, by its bytes. */

export type ArchiveForm = 'zip' | 'tar' | 'ar' | 'cpio' | 'gzip' | 'bzip2' | 'xz' | 'zstd';
/** Forms that are recognised and not opened. */
export type ClosedForm = '7z' | 'rar' | 'cab' | 'lzip' | 'lz4' | 'arj';

const MARKS: readonly (readonly [form: ArchiveForm | ClosedForm, mark: Buffer])[] = [
  ['zip', Buffer.from([0x50, 0x4b, 0x03, 0x04])],
  ['zip', Buffer.from([0x50, 0x4b, 0x05, 0x06])],
  ['gzip', Buffer.from([0x1f, 0x8b, 0x08])],
  ['bzip2', Buffer.from('BZh')],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['ar', Buffer.from('!<arch>\n')],
  ['cpio', Buffer.from('070701')],
  ['cpio', Buffer.from('070702')],
  ['cpio', Buffer.from('070707')],
  ['7z', Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])],
  ['rar', Buffer.from('Rar!\x1a\x07')],
  ['cab', Buffer.from('MSCF\0\0\0\0')],
  ['lzip', Buffer.from('LZIP')],
  ['lz4', Buffer.from([0x04, 0x22, 0x4d, 0x18])],
  ['arj', Buffer.from([0x60, 0xea])],
];
/** Nearly all contents are no archives: their first byte says so. */
const FIRST: ReadonlySet<number> = new Set(MARKS.map(([, mark]) => mark[0] ?? -1));
const END_OF_ZIP = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const ZIP_DIRECTORY = 0x02014b50;
const ZIP64_LOCATOR = 0x07064b50;
/** The end record with the longest comment behind it. */
const ZIP_TAIL = 22 + 65_535;
const COMPRESSIONS: ReadonlySet<string> = new Set(['gzip', 'bzip2', 'xz', 'zstd']);
const CLOSED: ReadonlySet<string> = new Set(['7z', 'rar', 'cab', 'lzip', 'lz4', 'arj']);

/** A zip may have anything before it, a program or a picture, and is recognised by its end then. Null: no archive. */
export function archiveForm(bytes: Buffer): ArchiveForm | ClosedForm | null {
  for (const [form, mark] of FIRST.has(bytes[0] ?? -1) ? MARKS : [])
    if (
      mark[0] === bytes[0] &&
      bytes.length >= mark.length &&
      bytes.compare(mark, 0, mark.length, 0, mark.length) === 0
    ) {
      if (form === 'bzip2' && !isBzip2(bytes)) continue;
      if (form === 'arj' && !isArj(bytes)) continue;
      return form;
    }
  if (isTar(bytes)) return 'tar';
  if (bytes.length >= 26 && isBinaryCpio(bytes)) return 'cpio';
  return hasZipEnd(bytes) ? 'zip' : null;
}

export function isCompression(form: ArchiveForm): boolean {
  return COMPRESSIONS.has(form);
}

export function isClosed(form: ArchiveForm | ClosedForm): form is ClosedForm {
  return CLOSED.has(form);
}

/** The size digit and the mark of the first block, or of the end of an empty stream. */
function isBzip2(bytes: Buffer): boolean {
  const mark = bytes.toString('hex', 4, 10);
  return mark === '314159265359' || mark === '177245385090';
}

function isArj(bytes: Buffer): boolean {
  const size = bytes.length > 12 ? bytes.readUInt16LE(2) : 0;
  return size >= 30 && size <= 2600 && (bytes[4] ?? 0) <= size && (bytes[10] ?? 255) === 2;
}

/** By the magic of POSIX and GNU, or, for archives older than both, by a true checksum. */
function isTar(bytes: Buffer): boolean {
  if (bytes.length < 512) return false;
  if (bytes.toString('latin1', 257, 262) === 'ustar') return true;
  const stated = Number.parseInt(
    bytes
      .toString('latin1', 148, 156)
      .replace(/[\0 ].*$/, '')
      .trim() || 'x',
    8,
  );
  if (!Number.isInteger(stated) || stated === 0 || bytes[0] === 0) return false;
  let sum = 8 * 32;
  for (let at = 0; at < 512; at += 1) if (at < 148 || at >= 156) sum += bytes[at] ?? 0;
  return sum === stated;
}

/** The old binary form: a magic of two bytes is not enough, so the lengths must make sense too. */
function isBinaryCpio(bytes: Buffer): boolean {
  const little = bytes.readUInt16LE(0) === 0o070707;
  if (!little && bytes.readUInt16BE(0) !== 0o070707) return false;
  const nameLength = little ? bytes.readUInt16LE(20) : bytes.readUInt16BE(20);
  return nameLength > 1 && nameLength < 4096 && bytes[26 + nameLength - 1] === 0;
}

/** An end record near the end, and a directory right before it: programs that read zips have the mark alone in them. */
function hasZipEnd(bytes: Buffer): boolean {
  const tail = bytes.subarray(Math.max(0, bytes.length - ZIP_TAIL));
  if (!tail.includes(END_OF_ZIP)) return false;
  const at = bytes.lastIndexOf(END_OF_ZIP);
  if (at + 22 > bytes.length || bytes.readUInt16LE(at + 10) === 0) return false;
  const length = bytes.readUInt32LE(at + 12);
  // Of zip64 the lengths stand elsewhere, behind a locator that lies before this record.
  if (length === 0xffffffff) return at >= 20 && bytes.readUInt32LE(at - 20) === ZIP64_LOCATOR;
  return length >= 46 && at >= length && bytes.readUInt32LE(at - length) === ZIP_DIRECTORY;
}
