/** Blobs on the file system: hashed while they stream, durable before they are acknowledged, stored once for all. */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Claim, openUploads, type Progress } from './chunked.ts';
import { closeFile, createFile, openFile, syncData, writeShort } from './disk.ts';
import { giveBack } from './give-back.ts';
import { openPlaces } from './place.ts';
import { type Reception, receive } from './receive.ts';

export type BlobStore = {
  /** The folder, for children that may read it. */
  root: string;
  /** Path of a stored blob, for sending and for scanner children; says nothing about whether it exists. */
  path: (digest: string) => string;
  has(digest: string): Promise<boolean>;
  read(digest: string, range?: { start: number; end: number }): Readable;
  /**
   * Takes a blob in one stream.
   * @returns its size in bytes, or null when the bytes have another digest; nothing of them is then kept
   * @throws ServerError `too-large` beyond `limit` bytes
   */
  receive(content: AsyncIterable<Buffer>, digest: string, limit: number): Promise<number | null>;
  /** An upload of several requests. */
  upload(id: string): Upload;
  /** Stores bytes that are already in memory. @returns their digest */
  put(bytes: Buffer): Promise<string>;
  remove(digest: string): Promise<void>;
  /** Ends uploads that were last written before `cutoff`. */
  sweepUploads(cutoff: Date): Promise<number>;
};

/** `elsewhere`: the chunk does not begin where the upload ends, which is at `size`. */
export type Appended = { outcome: 'appended'; size: number } | { outcome: 'elsewhere'; size: number };
export type Finished =
  | { outcome: 'stored'; size: number }
  | { outcome: 'elsewhere'; size: number }
  /** The bytes have another digest; the upload is gone. */
  | { outcome: 'differs' };

/** All but `look` throw ServerError `conflict` while another request works on the upload, `not-found` when it ended. */
export type Upload = {
  look(): Promise<Progress>;
  /**
   * Appends a stream.
   * @param from where the client says that it begins; null: it does not say
   * @throws ServerError `too-large` beyond `limit` bytes in total; what the client sent until a broken connection stays
   */
  append(content: AsyncIterable<Buffer>, limit: number, from: number | null): Promise<Appended>;
  /** Appends the last stream, which may be empty, and makes the upload a blob if its bytes have this digest. */
  finish(content: AsyncIterable<Buffer>, limit: number, from: number | null, digest: string): Promise<Finished>;
  discard(): Promise<void>;
};

/**
 * Opens the store below `root`, making its folders. Several processes may share it.
 *
 * When a blob is acknowledged, its content is synced (fdatasync), it then got its final name, and the folder that
 * holds the name is synced (fsync). A name is given only to synced content, so what is found under one is whole.
 */
export async function openBlobStore(root: string): Promise<BlobStore> {
  const folder = join(root, 'uploads');
  await mkdir(folder, { recursive: true });
  const places = await openPlaces(root);
  const uploads = openUploads(folder);
  const { path } = places;

  async function receiveWhole(content: AsyncIterable<Buffer>, digest: string, limit: number): Promise<number | null> {
    const file = join(folder, `whole-${randomUUID()}`);
    const hash = createHash('sha256');
    const reception: Reception = { bytes: 0, gathered: [], fd: null };
    try {
      await receive(content, () => createFile(file), { start: 0, limit, hash }, reception);
      if (!isDigestOf(hash, digest)) {
        await abandon(file, reception.fd);
        return null;
      }
      await writeRest(file, reception);
    } catch (error) {
      await abandon(file, reception.fd);
      throw error;
    }
    await adopt(file, digest);
    return reception.bytes;
  }

  /** Writes what is left in memory, syncs and closes. */
  async function writeRest(file: string, reception: Reception): Promise<void> {
    reception.fd ??= await createFile(file);
    const rest = reception.gathered.reduce((sum, part) => sum + part.length, 0);
    await writeShort(reception.fd, reception.gathered, reception.bytes - rest);
    giveBack(reception.gathered);
    await syncData(reception.fd);
    const fd = reception.fd;
    reception.fd = null;
    await closeFile(fd);
  }

  async function adopt(file: string, digest: string): Promise<void> {
    try {
      await places.adopt(file, digest);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }

  async function finishClaimed(claim: Claim, hash: Hash, digest: string): Promise<Finished> {
    if (!isDigestOf(hash, digest)) {
      await claim.end();
      return { outcome: 'differs' };
    }
    const fd = await openFile(claim.file, 'r+');
    try {
      await syncData(fd);
    } finally {
      await closeFile(fd);
    }
    await places.adopt(claim.file, digest);
    await claim.end();
    return { outcome: 'stored', size: claim.size };
  }

  function upload(id: string): Upload {
    /** Works on the claimed upload; gives it back with what it then has, unless the work ended it. */
    async function claimed<T>(
      from: number | null,
      work: (claim: Claim) => Promise<{ ended: boolean; result: T }>,
    ): Promise<T | { outcome: 'elsewhere'; size: number }> {
      const claim = await uploads.claim(id);
      if (from !== null && from !== claim.size) {
        await claim.release(claim.size);
        return { outcome: 'elsewhere', size: claim.size };
      }
      let done: { ended: boolean; result: T };
      try {
        done = await work(claim);
      } catch (error) {
        await claim.release(claim.size).catch(() => {}); // the first error is the one that says why
        throw error;
      }
      if (!done.ended) await claim.release(claim.size);
      return done.result;
    }

    return {
      look: () => uploads.look(id),
      append: (content, limit, from) =>
        claimed(from, async (claim) => {
          await uploads.append(id, claim, content, limit);
          return { ended: false, result: { outcome: 'appended' as const, size: claim.size } };
        }),
      async finish(content, limit, from, digest) {
        // The most frequent push by far: no chunk came before, so no file is shared with anybody.
        if ((await uploads.look(id)).state === 'none') {
          if (from !== null && from !== 0) return { outcome: 'elsewhere', size: 0 };
          const size = await receiveWhole(content, digest, limit);
          return size === null ? { outcome: 'differs' } : { outcome: 'stored', size };
        }
        return claimed<Finished>(from, async (claim) => {
          const hash = await uploads.append(id, claim, content, limit);
          return { ended: true, result: await finishClaimed(claim, hash, digest) };
        });
      },
      discard: () => uploads.discard(id),
    };
  }

  return {
    root,
    path,
    upload,
    has: async (digest) => (await stat(path(digest)).catch(() => null)) !== null,
    read: (digest, range) => createReadStream(path(digest), { highWaterMark: 1 << 18, ...range }),
    receive: receiveWhole,
    async put(bytes) {
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (await stat(path(digest)).catch(() => null)) {
        await places.settle(digest);
        return digest;
      }
      // A copy: what a stream brought is given back when it is written.
      await receiveWhole(once(Buffer.from(bytes)), digest, bytes.length);
      return digest;
    },
    remove: (digest) => rm(path(digest), { force: true }),
    async sweepUploads(cutoff) {
      let swept = 0;
      for (const name of await readdir(folder)) {
        if ((await lastWritten(join(folder, name))) >= cutoff.getTime()) continue;
        await rm(join(folder, name), { recursive: true, force: true });
        swept++;
      }
      return swept;
    },
  };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

const isDigestOf = (hash: Hash, digest: string) => `sha256:${hash.digest('hex')}` === digest;

async function abandon(file: string, fd: number | null): Promise<void> {
  if (fd === null) return; // nothing was written
  await closeFile(fd);
  await rm(file, { force: true });
}

/** Of an upload's folder or a single file: the youngest time, in milliseconds; now when it just went. */
async function lastWritten(path: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  const times = await Promise.all(
    [path, ...names.map((name) => join(path, name))].map(
      async (file) => (await stat(file).catch(() => null))?.mtimeMs ?? 0,
    ),
  );
  return Math.max(...times);
}
