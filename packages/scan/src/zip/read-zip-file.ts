/** Reads zip archives from disk, the form of OSV's `all.zip`. */
import { type FileHandle, open } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { ScanError } from '../error.ts';
import { END64_BYTES, findEnd, readEnd64, TAIL_BYTES, type ZipEntry, zipEntries } from './directory.ts';

const MAX_DIRECTORY = 512 * 1024 * 1024;

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
    for (const entry of entriesOf(await readDirectory(file))) {
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

function* entriesOf(directory: Buffer): Generator<ZipEntry> {
  try {
    yield* zipEntries(directory);
  } catch (error) {
    throw error instanceof ScanError ? error : invalid(error instanceof Error ? error.message : 'it is damaged');
  }
}

function expand(stored: Buffer, entry: ZipEntry): Buffer {
  if (entry.method === 0) return stored;
  if (entry.method !== 8) throw invalid(`${entry.name.slice(0, 200)} uses compression method ${entry.method}`);
  return inflateRawSync(stored, { maxOutputLength: Math.max(1, entry.size) });
}

async function readDirectory(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const end = findEnd(await read(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES)));
  if (!end) throw invalid('it has no central directory');
  const place = end.zip64At === null ? end : readEnd64(await read(file, end.zip64At, END64_BYTES));
  if (!place) throw invalid('its zip64 directory is damaged');
  if (place.length > MAX_DIRECTORY || place.offset + place.length > size)
    throw invalid('its central directory is damaged');
  return read(file, place.offset, place.length);
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
