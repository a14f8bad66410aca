/** Opens a feed in the forms feeds come in: a file, a directory, a tar or zip archive, compressed or not. */
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { OciError } from '@pratique/oci';
import { decompress } from '@pratique/oci/layers/decompress';
import { DEFAULT_LAYER_LIMITS } from '@pratique/oci/layers/limits';
import { TarReader } from '@pratique/oci/layers/tar-reader';
import { ScanError } from '../error.ts';
import { eachZipEntry } from '../zip/read-zip-file.ts';

export type FeedFile = { name: string; bytes: Buffer };

/** Bytes of one file (Debian's whole export has about 80 MB), of all of them, and their number. */
const MAX_FILE = 512 * 1024 * 1024;
const MAX_TOTAL = 16 * 1024 * 1024 * 1024;
const MAX_FILES = 3_000_000;

/** Counts what is handed out. */
class Budget {
  #files = 0;
  #bytes = 0;
  take(name: string, bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    if (bytes > MAX_FILE) throw new ScanError('feed-limit', `${name} has more than ${MAX_FILE} bytes`);
    if (this.#bytes > MAX_TOTAL) throw new ScanError('feed-limit', `the feed has more than ${MAX_TOTAL} bytes`);
    if (this.#files > MAX_FILES) throw new ScanError('feed-limit', `the feed has more than ${MAX_FILES} files`);
  }
}

/**
 * Hands out every regular file of a feed, in a fixed order; links are not followed.
 *
 * @param wants by name, so that archives' other files are not read into memory
 * @throws ScanError `feed-invalid` for what cannot be opened, `feed-limit`
 */
export async function eachFeedFile(
  path: string,
  wants: (name: string) => boolean,
  onFile: (file: FeedFile) => void,
): Promise<void> {
  const budget = new Budget();
  try {
    await open(path, wants, budget, onFile);
  } catch (cause) {
    if (cause instanceof ScanError) throw cause;
    const reason = cause instanceof Error ? cause.message : 'unknown error';
    throw new ScanError(
      cause instanceof OciError && cause.code === 'layer-limit' ? 'feed-limit' : 'feed-invalid',
      `the feed at ${basename(path)} cannot be read: ${reason}`,
      { cause },
    );
  }
}

async function open(
  path: string,
  wants: (name: string) => boolean,
  budget: Budget,
  onFile: (file: FeedFile) => void,
): Promise<void> {
  const stat = await lstat(path);
  if (stat.isDirectory()) {
    for (const name of (await readdir(path)).sort()) {
      const inner = join(path, name);
      const kind = await lstat(inner);
      if (kind.isDirectory()) await open(inner, wants, budget, onFile);
      else if (kind.isFile() && wants(name)) await openFile(inner, kind.size, budget, onFile);
    }
  } else if (/\.tar(?:\.gz|\.zst)?$|\.tgz$/.test(path)) await eachTarEntry(path, wants, budget, onFile);
  else if (path.endsWith('.zip')) await eachZipEntry(path, MAX_FILE, wants, (file) => hand(file, budget, onFile));
  else if (stat.isFile()) await openFile(path, stat.size, budget, onFile);
  else throw new ScanError('feed-invalid', `${basename(path)} is neither a file nor a directory`);
}

async function openFile(path: string, size: number, budget: Budget, onFile: (file: FeedFile) => void): Promise<void> {
  if (size > MAX_FILE) throw new ScanError('feed-limit', `${basename(path)} has more than ${MAX_FILE} bytes`);
  const raw = await readFile(path);
  const name = basename(path).replace(/\.(?:gz|zst)$/, '');
  if (path.endsWith('.gz')) hand({ name, bytes: gunzipSync(raw, { maxOutputLength: MAX_FILE }) }, budget, onFile);
  else if (path.endsWith('.zst'))
    hand({ name, bytes: zstdDecompressSync(raw, { maxOutputLength: MAX_FILE }) }, budget, onFile);
  else hand({ name, bytes: raw }, budget, onFile);
}

function hand(file: FeedFile, budget: Budget, onFile: (file: FeedFile) => void): void {
  budget.take(file.name, file.bytes.length);
  onFile(file);
}

async function eachTarEntry(
  path: string,
  wants: (name: string) => boolean,
  budget: Budget,
  onFile: (file: FeedFile) => void,
): Promise<void> {
  const limits = { ...DEFAULT_LAYER_LIMITS, bytesPerLayer: MAX_TOTAL };
  const reader = new TarReader(basename(path), limits, (entry) => {
    if (entry.kind !== 'file' || entry.sparse || !wants(entry.path)) return null;
    if (entry.size > MAX_FILE)
      throw new ScanError('feed-limit', `${entry.path.slice(0, 200)} has more than ${MAX_FILE} bytes`);
    const pieces: Buffer[] = [];
    return {
      data: (piece) => void pieces.push(Buffer.from(piece)),
      end: () => hand({ name: entry.path, bytes: Buffer.concat(pieces) }, budget, onFile),
    };
  });
  await decompress(createReadStream(path, { highWaterMark: 1024 * 1024 }), (piece) => reader.push(piece));
  reader.finish();
}
