/** Uploads that come in several requests, perhaps through several processes. No locks: a file belongs to who renamed it. */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm, stat, truncate, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerError } from '../error.ts';
import { closeFile, createFile, isAbsent, listNames, openFile, readAt, writeAllAt } from './disk.ts';
import { type Reception, receive } from './receive.ts';

/*
 * An upload is a folder with one file in it. `at-SIZE`: nobody writes, that many bytes are here. `by-NAME`: one request
 * took it by renaming it, which only one can, and gives it back by renaming it again. An empty folder: the upload ended.
 * A process that died keeps its claim until the file was not touched for a while; the bytes are then taken over as a
 * copy, since a process that was only asleep may still write to the original. Its claim fails when it wakes.
 */

/** What a request holds while it writes: nobody else has this file. */
export type Claim = { file: string; size: number; release(size: number): Promise<void>; end(): Promise<void> };

export type Progress = { state: 'none' } | { state: 'ended' } | { state: 'open'; size: number };

export type Uploads = {
  look(id: string): Promise<Progress>;
  /**
   * Takes the upload for one request, making it when it has no bytes yet.
   * @throws ServerError `conflict` while another request holds it, `not-found` when it ended
   */
  claim(id: string): Promise<Claim>;
  /** Appends a stream; `claim.size` is what is there afterwards, also when this throws. @returns the hash of all of it */
  append(id: string, claim: Claim, content: AsyncIterable<Buffer>, limit: number): Promise<Hash>;
  /** Ends an upload, whether it has bytes or not. */
  discard(id: string): Promise<void>;
};

const BEAT_MS = 5_000;
/** Longer than a beat by enough that a busy machine is not taken for a dead one. */
const LAPSED_MS = 30_000;
const MAX_HASHES = 10_000;

/** @param folder where uploads lie; the same for all processes that share them */
export function openUploads(folder: string): Uploads {
  // Running hashes; content before a given size never changes, so another process cannot make them wrong.
  const hashes = new Map<string, { hash: Hash; size: number }>();
  const place = (id: string) => join(folder, id);

  async function look(id: string): Promise<Progress> {
    const name = await onlyFile(place(id));
    if (name === null) return { state: 'none' };
    if (name === '') return { state: 'ended' };
    if (name.startsWith('at-')) return { state: 'open', size: Number(name.slice(3)) };
    const found = await stat(join(place(id), name)).catch(() => null);
    return { state: 'open', size: found?.size ?? 0 };
  }

  async function claim(id: string): Promise<Claim> {
    const mine = join(place(id), `by-${randomUUID()}`);
    if (await begin(id, mine)) return held(id, mine, 0);
    const name = await onlyFile(place(id));
    if (name === null || name === '') throw new ServerError('not-found', 'the upload has ended');
    const theirs = join(place(id), name);
    if (name.startsWith('at-')) {
      await rename(theirs, mine).catch((error: unknown) => {
        throw isAbsent(error) ? inUse() : error;
      });
      const size = Number(name.slice(3));
      // After a power cut the name may promise what the disk has lost.
      if ((await stat(mine)).size === size) return held(id, mine, size);
      await unlink(mine);
      throw new ServerError('not-found', 'the upload was lost');
    }
    return held(id, mine, await takeOver(theirs, mine, join(folder, `copy-${randomUUID()}`)));
  }

  /** The first chunk makes the folder. @returns whether this request made it */
  async function begin(id: string, mine: string): Promise<boolean> {
    try {
      await mkdir(place(id));
    } catch (error) {
      if ((error as { code?: string }).code === 'EEXIST') return false;
      throw error;
    }
    await closeFile(await createFile(mine));
    return true;
  }

  function held(id: string, file: string, size: number): Claim {
    // The beat says that a slow client's request is alive.
    const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), BEAT_MS);
    beat.unref();
    return {
      file,
      size,
      async release(now) {
        clearInterval(beat);
        await rename(file, join(place(id), `at-${now}`)).catch((error: unknown) => {
          hashes.delete(id);
          throw isAbsent(error) ? inUse() : error;
        });
      },
      async end() {
        clearInterval(beat);
        hashes.delete(id);
        await rm(file, { force: true });
      },
    };
  }

  async function hashSoFar(id: string, file: string, size: number): Promise<Hash> {
    const known = hashes.get(id);
    if (known?.size === size) return known.hash.copy();
    return hashFile(file, size);
  }

  return {
    look,
    claim,
    async append(id, held, content, limit) {
      const hash = await hashSoFar(id, held.file, held.size);
      const reception: Reception = { bytes: 0, gathered: [], fd: null };
      const start = held.size;
      try {
        await receive(content, () => openFile(held.file, 'r+'), { start, limit: limit - start, hash }, reception);
        await writeRest(held, reception, start);
        held.size = start + reception.bytes;
      } catch (error) {
        // What a broken connection brought stays, to go on from; what does not fit on the disk or here does not.
        if (isBroken(error)) {
          await writeRest(held, reception, start);
          held.size = start + reception.bytes;
        } else await truncate(held.file, start).catch(() => {});
        throw isAbsent(error) ? inUse() : error;
      } finally {
        if (reception.fd !== null) await closeFile(reception.fd);
      }
      if (hashes.size >= MAX_HASHES) hashes.clear();
      hashes.set(id, { hash: hash.copy(), size: held.size });
      return hash;
    },
    async discard(id) {
      const claimed = await claim(id);
      await claimed.end();
    },
  };
}

async function writeRest(held: Claim, reception: Reception, start: number): Promise<void> {
  const rest = reception.gathered.reduce((sum, part) => sum + part.length, 0);
  if (rest === 0) return;
  reception.fd ??= await openFile(held.file, 'r+');
  await writeAllAt(reception.fd, reception.gathered, start + reception.bytes - rest);
  reception.gathered = [];
}

/**
 * Copies what a dead process held, and takes its claim away.
 * @param copy a name outside the upload's folder, where nobody looks
 * @returns bytes that are now ours
 */
async function takeOver(theirs: string, mine: string, copy: string): Promise<number> {
  const before = await stat(theirs).catch(() => null);
  if (before === null) throw inUse();
  try {
    // Compared with a file made now: its times come from the same clock, on whatever machine the disk is.
    await closeFile(await createFile(copy));
    if ((await stat(copy)).mtimeMs - before.mtimeMs < LAPSED_MS) throw inUse();
    await copyFile(theirs, copy);
    await unlink(theirs); // fails when its owner woke and gave it back: then it is theirs
    await rename(copy, mine);
    return (await stat(mine)).size;
  } catch (error) {
    await rm(copy, { force: true });
    throw isAbsent(error) ? inUse() : error;
  }
}

/** Hashes the first `size` bytes of a file. */
async function hashFile(file: string, size: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (size === 0) return hash;
  const fd = await openFile(file, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(size, 1 << 20));
    for (let at = 0; at < size; ) {
      const bytes = await readAt(fd, buffer, Math.min(buffer.length, size - at), at);
      if (bytes === 0) throw new ServerError('not-found', 'the upload was lost');
      hash.update(buffer.subarray(0, bytes));
      at += bytes;
    }
  } finally {
    await closeFile(fd);
  }
  return hash;
}

/** Name of the file in an upload's folder: '' when there is none, null when there is no folder. */
async function onlyFile(folder: string): Promise<string | null> {
  const names = await listNames(folder);
  return names === null ? null : (names[0] ?? '');
}

const inUse = () => new ServerError('conflict', 'another request is writing to this upload');

/** The client went away or was silent too long; nothing is wrong here. */
function isBroken(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code ?? '';
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR' || code === 'EPIPE';
}
