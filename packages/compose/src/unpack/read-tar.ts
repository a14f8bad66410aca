/** Reads a tar archive by random access: ustar, GNU long names and PAX, as dpkg-deb and tar write them. */
import { ComposeError } from '../error.ts';

export type TarEntry = {
  /** Without leading `./` or trailing slash; empty for the root. Bytes as latin1. */
  path: string;
  type: 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';
  target: string;
  mode: number;
  uid: number;
  gid: number;
  /** Names of owner and group as the archive has them; empty where it has none. */
  user: string;
  group: string;
  mtime: number;
  major: number;
  minor: number;
  /** Where the content starts, and its bytes. */
  offset: number;
  size: number;
  /** The stored bytes are pieces with holes between them, not the content. */
  sparse: boolean;
  /** Extended attributes by name; values as latin1. */
  xattrs: ReadonlyMap<string, string>;
};

/**
 * `layer` reads archives that others wrote: what no tree can hold is passed over, as container runtimes do (Go's
 * archive/tar); sparse files are listed without their content. Packages are read strictly.
 */
export type TarForm = 'package' | 'layer';

const TYPES: Record<string, TarEntry['type']> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};
const MAX_NAME = 64 * 1024;
const MAX_LAYER_HEADER = 1024 * 1024;
const MAX_ENTRIES = 1_000_000;

/**
 * Lists the entries of an archive; reads headers only.
 *
 * @param read exactly that many bytes at an offset
 * @throws ComposeError `package-invalid`: broken headers, names that leave the root, types that cannot be represented
 * @see POSIX.1-2017 pax, "ustar Interchange Format"
 */
export function* readTar(
  read: (offset: number, size: number) => Buffer,
  total: number,
  origin: string,
  form: TarForm = 'package',
): Generator<TarEntry> {
  const lenient = form === 'layer';
  let longName: string | null = null;
  let longTarget: string | null = null;
  let pax = new Map<string, string>();
  let count = 0;
  for (let at = 0; at + 512 <= total; ) {
    const header = read(at, 512);
    if (header.every((byte) => byte === 0)) return;
    checkSum(header, origin, at);
    if (++count > MAX_ENTRIES) throw invalid(origin, `more than ${MAX_ENTRIES} entries`);
    const flag = header.toString('latin1', 156, 157);
    const type = flag === 'S' && lenient ? 'file' : TYPES[flag];
    const stored = Number(pax.get('size') ?? number(header, 124, 12, origin));
    // Links and directories have no content, whatever their header says (Go's archive/tar).
    const size = lenient && type !== undefined && type !== 'file' ? 0 : stored;
    let offset = at + 512;
    if (flag === 'S' && header[482] !== 0) offset = endOfSparseMap(read, offset, total, origin);
    if (!Number.isSafeInteger(size) || size < 0 || offset + size > total)
      throw invalid(origin, 'an entry is cut short');
    at = offset + Math.ceil(size / 512) * 512;
    if (flag === 'L' || flag === 'K' || flag === 'x' || flag === 'g') {
      if (size > (lenient ? MAX_LAYER_HEADER : MAX_NAME))
        throw invalid(origin, 'a name or extended header is too long');
      const text = read(offset, size).toString('latin1');
      if (flag === 'L') longName = untilNul(text);
      else if (flag === 'K') longTarget = untilNul(text);
      else if (flag === 'x') pax = readPax(text, origin, lenient);
      continue;
    }
    if (!type && !lenient) throw invalid(origin, `an entry of unknown type ${JSON.stringify(flag)}`);
    const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? field(header, 345, 155) : '';
    const own = prefix ? `${prefix}/${field(header, 0, 100)}` : field(header, 0, 100);
    const sparse = flag === 'S' || [...pax.keys()].some((key) => key.startsWith('GNU.sparse'));
    const name = lenient
      ? (pax.get('GNU.sparse.name') ?? longName ?? pax.get('path') ?? own)
      : (pax.get('path') ?? longName ?? own);
    const target = lenient
      ? (longTarget ?? pax.get('linkpath') ?? field(header, 157, 100))
      : (pax.get('linkpath') ?? longTarget ?? field(header, 157, 100));
    const path = lenient ? normalPath(name) : cleanPath(name, origin);
    if (path !== null && type !== undefined) {
      const device = type === 'character' || type === 'block';
      yield {
        path,
        type,
        target,
        mode: number(header, 100, 8, origin) & 0o7777,
        uid: Number(pax.get('uid') ?? number(header, 108, 8, origin)),
        gid: Number(pax.get('gid') ?? number(header, 116, 8, origin)),
        user: pax.get('uname') ?? field(header, 265, 32),
        group: pax.get('gname') ?? field(header, 297, 32),
        mtime: Math.floor(Number(pax.get('mtime') ?? number(header, 136, 12, origin))),
        major: device ? number(header, 329, 8, origin) : 0,
        minor: device ? number(header, 337, 8, origin) : 0,
        offset,
        size: type === 'file' ? size : 0,
        sparse,
        xattrs: xattrsOf(pax),
      };
    }
    longName = null;
    longTarget = null;
    pax = new Map();
  }
  if (!lenient) throw invalid(origin, 'it ends without its end mark');
}

const XATTR = 'SCHILY.xattr.';
const NO_XATTRS: ReadonlyMap<string, string> = new Map();

function xattrsOf(pax: Map<string, string>): ReadonlyMap<string, string> {
  const found = [...pax].filter(([key]) => key.startsWith(XATTR));
  return found.length === 0 ? NO_XATTRS : new Map(found.map(([key, value]) => [key.slice(XATTR.length), value]));
}

/** Where the content begins behind the blocks that continue the map of a sparse file (GNU tar manual, "Sparse Formats"). */
function endOfSparseMap(
  read: (offset: number, size: number) => Buffer,
  from: number,
  total: number,
  origin: string,
): number {
  for (let at = from; at + 512 <= total; at += 512) if (read(at, 512)[504] === 0) return at + 512;
  throw invalid(origin, 'the map of a sparse file is cut short');
}

/** As container runtimes take the names in layers: no leading slash, `..` taken away with what is before it; null outside the root. */
export function normalPath(name: string): string | null {
  if (name.includes('\0') || name.length > 4096) return null;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

/** Refuses names that could leave the root; returns the name without `./` and slashes at its ends. */
export function cleanPath(name: string, origin: string): string {
  const parts = name.split('/');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0') || name.length > 4096) {
    throw invalid(origin, `the path ${JSON.stringify(name.slice(0, 200))} leaves the root`);
  }
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

function readPax(text: string, origin: string, sparseTaken: boolean): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(' ', at);
    const length = Number(text.slice(at, space));
    const record = text.slice(space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (space < 0 || !Number.isInteger(length) || length <= 0 || at + length > text.length || equals < 1) {
      throw invalid(origin, 'a broken extended header');
    }
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  if (!sparseTaken && [...records.keys()].some((key) => key.startsWith('GNU.sparse')))
    throw invalid(origin, 'a sparse file');
  return records;
}

function checkSum(header: Buffer, origin: string, at: number): void {
  const stored = number(header, 148, 8, origin);
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  if (sum !== stored) throw invalid(origin, `the header at byte ${at} is broken`);
}

function field(header: Buffer, offset: number, length: number): string {
  return untilNul(header.toString('latin1', offset, offset + length));
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Octal, or GNU's base 256 where the first bit is set. */
function number(header: Buffer, offset: number, length: number, origin: string): number {
  if ((header[offset] ?? 0) & 0x80) {
    let value = (header[offset] ?? 0) & 0x7f;
    for (const byte of header.subarray(offset + 1, offset + length)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw invalid(origin, 'a number out of range');
    return value;
  }
  const text = field(header, offset, length).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw invalid(origin, 'a number that is not octal');
  return Number.parseInt(text, 8);
}

function invalid(origin: string, why: string): ComposeError {
  return new ComposeError('package-invalid', `${origin}: the archive in it is refused: ${why}`);
}
