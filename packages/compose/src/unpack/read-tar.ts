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
  mtime: number;
  major: number;
  minor: number;
  /** Where the content starts, and its bytes. */
  offset: number;
  size: number;
};

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
): Generator<TarEntry> {
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
    const size = Number(pax.get('size') ?? number(header, 124, 12, origin));
    const offset = at + 512;
    if (!Number.isSafeInteger(size) || size < 0 || offset + size > total)
      throw invalid(origin, 'an entry is cut short');
    at = offset + Math.ceil(size / 512) * 512;
    if (flag === 'L' || flag === 'K' || flag === 'x' || flag === 'g') {
      if (size > MAX_NAME) throw invalid(origin, 'a name or extended header is too long');
      const text = read(offset, size).toString('latin1');
      if (flag === 'L') longName = untilNul(text);
      else if (flag === 'K') longTarget = untilNul(text);
      else if (flag === 'x') pax = readPax(text, origin);
      continue;
    }
    const type = TYPES[flag];
    if (!type) throw invalid(origin, `an entry of unknown type ${JSON.stringify(flag)}`);
    const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? field(header, 345, 155) : '';
    const name = pax.get('path') ?? longName ?? (prefix ? `${prefix}/${field(header, 0, 100)}` : field(header, 0, 100));
    yield {
      path: cleanPath(name, origin),
      type,
      target: pax.get('linkpath') ?? longTarget ?? field(header, 157, 100),
      mode: number(header, 100, 8, origin) & 0o7777,
      uid: number(header, 108, 8, origin),
      gid: number(header, 116, 8, origin),
      mtime: Math.floor(Number(pax.get('mtime') ?? number(header, 136, 12, origin))),
      major: type === 'character' || type === 'block' ? number(header, 329, 8, origin) : 0,
      minor: type === 'character' || type === 'block' ? number(header, 337, 8, origin) : 0,
      offset,
      size: type === 'file' ? size : 0,
    };
    longName = null;
    longTarget = null;
    pax = new Map();
  }
  throw invalid(origin, 'it ends without its end mark');
}

/** Refuses names that could leave the root; returns the name without `./` and slashes at its ends. */
export function cleanPath(name: string, origin: string): string {
  const parts = name.split('/');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0') || name.length > 4096) {
    throw invalid(origin, `the path ${JSON.stringify(name.slice(0, 200))} leaves the root`);
  }
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

function readPax(text: string, origin: string): Map<string, string> {
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
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse'))) throw invalid(origin, 'a sparse file');
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
