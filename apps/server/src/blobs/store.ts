/** Blobs on the file system: hashed while they stream, durable before they are acknowledged, stored once for all. */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ServerError } from '../error.ts';

export type BlobStore = {
  /** The folder, for children that may read it. */
  root: string;
  /** Path of a stored blob, for sending and for scanner children; says nothing about whether it exists. */
  path(digest: string): string;
  has(digest: string): Promise<boolean>;
  read(digest: string, range?: { start: number; end: number }): Readable;
  /** Where an upload's bytes gather. */
  upload(id: string): UploadFile;
  /** Stores bytes that are already in memory. @returns their digest */
  put(bytes: Buffer): Promise<string>;
  remove(digest: string): Promise<void>;
  /** Ends uploads whose files were last written before `cutoff`. */
  sweepUploads(cutoff: Date): Promise<number>;
};

export type UploadFile = {
  /** Bytes received so far; 0 for an upload that has none. */
  size(): Promise<number>;
  /**
   * Appends a stream.
   * @returns bytes received in total
   * @throws ServerError `too-large` beyond `limit` bytes in total, `conflict` while another one writes, finishes or
   * discards; what the client sent until a broken connection stays
   */
  append(content: AsyncIterable<Buffer>, limit: number): Promise<number>;
  /**
   * Makes the upload a blob if its bytes have this digest.
   * @returns the blob's size in bytes, or null when the digest differs (the upload is then gone)
   */
  finish(digest: string): Promise<number | null>;
  discard(): Promise<void>;
};

const hex = (digest: string) => digest.slice('sha256:'.length);

/** Opens the store below `root`, making its folders. */
export async function openBlobStore(root: string): Promise<BlobStore> {
  const uploads = join(root, 'uploads');
  await mkdir(join(root, 'sha256'), { recursive: true });
  await mkdir(uploads, { recursive: true });
  const path = (digest: string) => join(root, 'sha256', hex(digest).slice(0, 2), hex(digest));
  // Running hashes of uploads in this process; after a restart the bytes on disk are hashed again.
  const hashes = new Map<string, { hash: Hash; bytes: number }>();
  // Uploads that somebody is writing to, finishing or discarding. Bytes that arrived between the hash and the rename
  // would be stored under a digest that is not theirs, for every account that holds it.
  const busy = new Set<string>();

  async function alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (busy.has(id)) throw new ServerError('conflict', 'another request is writing to this upload');
    busy.add(id);
    try {
      return await work();
    } finally {
      busy.delete(id);
    }
  }

  async function adopt(from: string, digest: string): Promise<void> {
    const to = path(digest);
    // A folder that was just made is an entry of its parent, which must outlive a power cut as well.
    if ((await mkdir(dirname(to), { recursive: true })) !== undefined) await syncDirectory(dirname(dirname(to)));
    await rename(from, to);
    await syncDirectory(dirname(to));
  }

  function upload(id: string): UploadFile {
    const file = join(uploads, id);
    const size = async () => (await stat(file).catch(() => null))?.size ?? 0;

    async function hashSoFar(bytes: number): Promise<Hash> {
      const known = hashes.get(id);
      if (known && known.bytes === bytes) return known.hash;
      const hash = createHash('sha256');
      if (bytes > 0)
        for await (const chunk of createReadStream(file, { end: bytes - 1, highWaterMark: 1 << 20 }))
          hash.update(chunk as Buffer);
      hashes.set(id, { hash, bytes });
      return hash;
    }

    async function append(content: AsyncIterable<Buffer>, limit: number): Promise<number> {
      const handle = await open(file, 'a');
      try {
        let bytes = (await handle.stat()).size;
        const hash = await hashSoFar(bytes);
        for await (const chunk of content) {
          if (bytes + chunk.length > limit)
            throw new ServerError('too-large', `a blob has at most ${limit} bytes here`);
          await writeAll(handle, chunk);
          hash.update(chunk);
          bytes += chunk.length;
          hashes.set(id, { hash, bytes });
        }
        return bytes;
      } finally {
        await handle.close();
      }
    }

    async function finish(digest: string): Promise<number | null> {
      const handle = await open(file, 'a+');
      let bytes: number;
      try {
        bytes = (await handle.stat()).size;
        const hash = await hashSoFar(bytes);
        hashes.delete(id);
        if (`sha256:${hash.digest('hex')}` !== digest) {
          await rm(file, { force: true });
          return null;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      await adopt(file, digest);
      return bytes;
    }

    return {
      size,
      append: (content, limit) => alone(id, () => append(content, limit)),
      finish: (digest) => alone(id, () => finish(digest)),
      discard: () =>
        alone(id, async () => {
          hashes.delete(id);
          await rm(file, { force: true });
        }),
    };
  }

  return {
    root,
    path,
    upload,
    has: async (digest) => (await stat(path(digest)).catch(() => null)) !== null,
    read: (digest, range) => createReadStream(path(digest), { highWaterMark: 1 << 18, ...range }),
    async put(bytes) {
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (await stat(path(digest)).catch(() => null)) return digest;
      const file = join(uploads, randomUUID());
      const handle = await open(file, 'wx');
      try {
        await writeAll(handle, bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await adopt(file, digest);
      return digest;
    },
    remove: (digest) => rm(path(digest), { force: true }),
    async sweepUploads(cutoff) {
      let swept = 0;
      for (const id of await readdir(uploads)) {
        const found = await stat(join(uploads, id)).catch(() => null);
        if (!found || found.mtime >= cutoff || busy.has(id)) continue;
        await rm(join(uploads, id), { force: true });
        hashes.delete(id);
        swept++;
      }
      return swept;
    },
  };
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
