/** Reads zip archives, the form of OSV's `all.zip`. */
import { type FileHandle, open } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { ScanError } from '../error.ts';

const END_MARK = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64_MARK = 0x06064b50;
const ENTRY_MARK = 0x02014b50;
const MAX_DIRECTORY = 512 * 1024 * 1024;

type Entry = { name: string; method: number; compressed: number; size: number; offset: number };

/**
 * Hands out each file, in the order of the central directory. Sizes are those of the central directory and are held to.
 *
 * @throws ScanError `feed-invalid`
 * @see PKWARE APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16
 */
export async function eachZipEntry(
  path: string,
  maxFile: number,
  wants: (name: string) => boolean,
  onFile: (file: { name: string; bytes: Buffer }) => void,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    for (const entry of directory(await readDirectory(file))) {
      if (entry.name.endsWith('/') || !wants(entry.name)) continue;
      if (entry.size > maxFile || entry.compressed > maxFile)
        throw invalid(`${entry.name.slice(0, 200)} has more than ${maxFile} bytes`);
      // The local header repeats name and extra field, whose length may differ from the directory's.
      const local = await read(file, entry.offset, 30);
      const stored = await read(
        file,
        entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28),
        entry.compressed,
      );
      onFile({ name: entry.name, bytes: expand(stored, entry) });
    }
  } finally {
    await file.close();
  }
}

function expand(stored: Buffer, entry: Entry): Buffer {
  if (entry.method === 0) return stored;
  if (entry.method !== 8) throw invalid(`${entry.name.slice(0, 200)} uses compression method ${entry.method}`);
  return inflateRawSync(stored, { maxOutputLength: Math.max(1, entry.size) });
}

async function readDirectory(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== END_MARK) at -= 1;
  if (at < 0) throw invalid('it has no central directory');
  let length = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  if (at >= 20 && tail.readUInt32LE(at - 20) === END64_LOCATOR) {
    const end = await read(file, Number(tail.readBigUInt64LE(at - 12)), 56);
    if (end.readUInt32LE(0) !== END64_MARK) throw invalid('its zip64 directory is damaged');
    length = Number(end.readBigUInt64LE(40));
    offset = Number(end.readBigUInt64LE(48));
  }
  if (length > MAX_DIRECTORY || offset + length > size) throw invalid('its central directory is damaged');
  return read(file, offset, length);
}

function* directory(bytes: Buffer): Generator<Entry> {
  let at = 0;
  while (at + 46 <= bytes.length) {
    if (bytes.readUInt32LE(at) !== ENTRY_MARK) throw invalid('its central directory is damaged');
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) throw invalid('its central directory is cut off');
    const entry = {
      name: bytes.toString('utf8', at + 46, nameEnd),
      method: bytes.readUInt16LE(at + 10),
      compressed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    };
    yield widen(entry, bytes.subarray(nameEnd, extraEnd));
    at = next;
  }
}

/** Zip64: fields of all ones stand in the extra field 1, in this order. */
function widen(entry: Entry, extra: Buffer): Entry {
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

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead < length) throw invalid('it is cut off');
  return bytes;
}

function invalid(what: string): ScanError {
  return new ScanError('feed-invalid', `the zip archive cannot be read: ${what}`);
}
