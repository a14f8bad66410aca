/** A folder that remembers what layers contain, bounded in bytes; what was not used for longest goes first. */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib';
import type { Examined, LayerMemory, LayerRecord, RecordedEntry } from '@pratique/oci/layers/layer-record';
import type { EntryKind } from '@pratique/oci/layers/tar-reader';
import { CATALOGER_REVISION } from '../catalogers/list.ts';

/** Raised whenever the same layer would be written otherwise. */
const FORMAT = 2;
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
const SUFFIX = '.layer';
/** Characters that are compressed at a time. */
const PIECE = 256 * 1024;
const DIGEST = /^sha256:([0-9a-f]{64})$/;
const decompress = promisify(zstdDecompress);

type Head = { format: number; digest: string; diffId: string; bytes: number; entries: number };
/** kind, path, link, mode, uid, gid, size, sparse, and what the examination made of a file. */
type Line = [EntryKind, string, string, number, number, number, number, boolean, ExaminedLine | null];
/** path where it is another one than the entry's, sha256, why unread, marks, content in base64, what an inspector found. */
type ExaminedLine = [string | null, string | null, Examined['unread'], readonly string[], string | null, unknown];

/**
 * Only a process that may be trusted with every image of `dir` may write to it: what lies there is believed.
 *
 * @param dir is made when something is remembered
 * @param maxBytes of all files together
 * @param inspected names what contents were looked at for, and by which rules; what was looked at otherwise is not recalled
 */
export function rememberLayers(dir: string, maxBytes: number, inspected = ''): LayerMemory {
  const kind = inspected === '' ? `${CATALOGER_REVISION}` : `${CATALOGER_REVISION}-${shortHash(inspected)}`;
  const pathOf = (digest: string): string | null => {
    const hex = DIGEST.exec(digest)?.[1];
    return hex === undefined ? null : join(dir, `${hex}.${kind}${SUFFIX}`);
  };
  return {
    async recall({ descriptor: { digest } }) {
      const path = pathOf(digest);
      const packed = path === null ? null : await readFile(path).catch(() => null);
      if (path === null || packed === null) return null;
      // A file that cannot be understood is as good as none, and is written anew.
      const record = await decode(packed, digest).catch(() => null);
      if (record) await utimes(path, new Date(), new Date()).catch(() => {});
      return record;
    },
    async keep({ descriptor: { digest } }, record) {
      const path = pathOf(digest);
      if (path === null) return;
      try {
        const packed = await encode(digest, record);
        if (packed.length > maxBytes / 2) return;
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await boundLayers(dir, maxBytes - packed.length);
        const temporary = `${path}.${process.pid}.${Math.trunc(performance.now() * 1000)}`;
        const file = await open(temporary, 'wx', 0o600);
        try {
          await file.writeFile(packed);
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch {
        // A full disk or a folder that cannot be written costs time at the next scan, and no result.
      }
    },
  };
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Piece by piece: written out at once, a large layer takes a hundred megabytes. */
async function encode(digest: string, record: LayerRecord): Promise<Buffer> {
  const packer = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  const packed = buffer(packer);
  await pipeline(write(digest, record), packer);
  return packed;
}

function* write(digest: string, { diffId, bytes, entries }: LayerRecord): Generator<Buffer> {
  const head: Head = { format: FORMAT, digest, diffId, bytes, entries: entries.length };
  let piece = `${JSON.stringify(head)}\n`;
  for (const { entry, examined } of entries) {
    const line: Line = [
      entry.kind,
      entry.path,
      entry.linkPath,
      entry.mode,
      entry.uid,
      entry.gid,
      entry.size,
      entry.sparse,
      examined && [
        examined.path === entry.path ? null : examined.path,
        examined.sha256,
        examined.unread,
        examined.marks,
        examined.content?.toString('base64') ?? null,
        examined.facts,
      ],
    ];
    piece += `${JSON.stringify(line)}\n`;
    if (piece.length < PIECE) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

/** @throws Error for anything but what `encode` wrote for this digest */
async function decode(packed: Buffer, digest: string): Promise<LayerRecord> {
  const unpacked = await decompress(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
  const lines = splitLines(unpacked);
  const head = JSON.parse(lines.next().value ?? '') as Head;
  if (head.format !== FORMAT || head.digest !== digest) throw new Error('another layer, or another form');
  const entries: RecordedEntry[] = [];
  for (const text of lines) entries.push(readLine(JSON.parse(text) as Line));
  if (entries.length !== head.entries) throw new Error('cut off');
  return { diffId: head.diffId, bytes: head.bytes, entries };
}

function readLine([kind, path, linkPath, mode, uid, gid, size, sparse, examined]: Line): RecordedEntry {
  const entry = { kind, path, linkPath, mode, uid, gid, size, sparse };
  if (!examined) return { entry, examined: null };
  const [other, sha256, unread, marks, content, facts] = examined;
  return {
    entry,
    examined: {
      path: other ?? path,
      sha256,
      unread,
      marks,
      content: content === null ? null : Buffer.from(content, 'base64'),
      facts,
    },
  };
}

function* splitLines(text: Buffer): Generator<string, undefined> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(0x0a, from);
    const to = end < 0 ? text.length : end;
    yield text.toString('utf8', from, to);
    from = to + 1;
  }
}

/** Takes away what was not used for longest, in the folder and those below it, until the rest has at most `bytes`. */
export async function boundLayers(dir: string, bytes: number): Promise<void> {
  const files: { path: string; size: number; used: number }[] = [];
  for (const name of await readdir(dir, { recursive: true }).catch(() => [])) {
    const path = join(dir, name);
    const found = await stat(path).catch(() => null);
    if (found?.isFile()) files.push({ path, size: found.size, used: found.mtimeMs });
  }
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.sort((a, b) => a.used - b.used)) {
    if (total <= bytes) return;
    await rm(path, { force: true });
    total -= size;
  }
}
