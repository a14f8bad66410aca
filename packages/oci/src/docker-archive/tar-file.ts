/** Random access into a tar file: an index of where each member's bytes lie, so that nothing is unpacked. */
import { createReadStream, writeSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { OciError } from '../error.ts';
import { compressionOf, decompress } from '../layers/decompress.ts';
import { indexTar, type TarIndex } from './tar-index.ts';

export type TarFile = {
  /** Size of a member in bytes, or null where there is none of that name. Links are followed within the archive. */
  size(name: string): number | null;
  /** @throws OciError `archive-invalid` when it has more than `limit` bytes, `not-found` */
  read(name: string, limit: number): Promise<Buffer>;
  /** @throws OciError `not-found` */
  stream(name: string): Promise<Readable>;
  close(): Promise<void>;
};

/** Decompressed bytes of one archive; the largest images have about 60 GiB. */
const MAX_ARCHIVE_BYTES = 128 * 1024 ** 3;
const PIECE = 256 * 1024;

/**
 * Opens a tar archive. A gzip or zstd archive is decompressed into a temporary file, which `close` removes.
 *
 * @throws OciError `not-found` when there is no such file, `archive-invalid` when it is no tar archive or is cut off
 */
export async function openTarFile(file: string): Promise<TarFile> {
  const spooled = await spool(file);
  const handle = await openFile(spooled?.file ?? file);
  const close = async () => {
    await handle.close();
    await spooled?.remove();
  };
  try {
    return reader(file, handle, await indexTar(file, handle, (await handle.stat()).size), close);
  } catch (error) {
    await close();
    throw error;
  }
}

function reader(file: string, handle: FileHandle, index: TarIndex, close: () => Promise<void>): TarFile {
  const find = (name: string) => {
    const member = index.find(name);
    if (!member) throw new OciError('not-found', `${file} does not hold ${name}`);
    return member;
  };
  return {
    size: (name) => index.find(name)?.size ?? null,
    async read(name, limit) {
      const { offset, size } = find(name);
      if (size > limit)
        throw new OciError('archive-invalid', `${name} in ${file} has ${size} bytes; at most ${limit} are read`);
      const bytes = Buffer.alloc(size);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await handle.read(bytes, at, size - at, offset + at);
        if (bytesRead === 0) throw new OciError('archive-invalid', `${file} became shorter while it was read`);
        at += bytesRead;
      }
      return bytes;
    },
    async stream(name) {
      const { offset, size } = find(name);
      // Not a file's own stream: that closes the handle, which all members share, when it is destroyed.
      return Readable.from(pieces(file, handle, offset, size), { objectMode: false });
    },
    close,
  };
}

async function* pieces(file: string, handle: FileHandle, offset: number, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(Math.min(PIECE, size - at)),
      0,
      null,
      offset + at,
    );
    if (bytesRead === 0) throw new OciError('archive-invalid', `${file} became shorter while it was read`);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file, 'r');
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (cause) {
    throw new OciError('not-found', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new OciError('archive-invalid', `${file} is not a regular file`);
}

async function spool(file: string): Promise<{ file: string; remove(): Promise<void> } | null> {
  const head = await readHead(file);
  const compression = compressionOf(head);
  if (head.subarray(0, 6).equals(Buffer.from('fd377a585a00', 'hex')) || head.toString('latin1', 0, 3) === 'BZh')
    throw new OciError(
      'archive-invalid',
      `${file} is compressed with xz or bzip2; decompress it first (xz -d, bunzip2)`,
    );
  if (compression === 'none') return null;
  const folder = await mkdtemp(join(tmpdir(), 'pratique-archive-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const target = join(folder, 'archive.tar');
  const output = await open(target, 'wx', 0o600);
  let bytes = 0;
  try {
    await decompress(createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>, (piece) => {
      bytes += piece.length;
      if (bytes > MAX_ARCHIVE_BYTES)
        throw new OciError('archive-invalid', `${file} has more than ${MAX_ARCHIVE_BYTES} bytes when decompressed`);
      writeSync(output.fd, piece); // in step with decompression, so that nothing piles up in memory
    });
    await output.close();
    return { file: target, remove };
  } catch (cause) {
    await output.close();
    await remove();
    if (cause instanceof OciError) throw cause;
    throw new OciError('archive-invalid', `${file} cannot be decompressed: ${(cause as Error).message}`, { cause });
  }
}

async function readHead(file: string): Promise<Buffer> {
  const handle = await openFile(file);
  try {
    const head = Buffer.alloc(8);
    const { bytesRead } = await handle.read(head, 0, 8, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
