/** The few file operations that every push makes: short ones where they stand, long ones with one trip to the thread pool. */
import fs from 'node:fs';

/** A call that took longer waited for a device, a network or the kernel's own writing. */
const SLOW_MS = 25;
/** Milliseconds for which short calls then go through the thread pool. */
const WARY_MS = 10_000;
let waryUntil = 0;

/**
 * Short calls are made where they stand: on a local disk they take microseconds, and a trip to the thread pool costs
 * several times that. Where one turns out slow, everybody else would wait for it; from then on, and for a while, they
 * take the trip.
 */
async function shortly<T>(here: () => T, elsewhere: () => Promise<T>): Promise<T> {
  const started = performance.now();
  if (started < waryUntil) return elsewhere();
  const result = here();
  const now = performance.now();
  if (now - started > SLOW_MS) waryUntil = now + WARY_MS;
  return result;
}

/** Opens a file that nobody else has: fails where the name is taken. */
export function createFile(path: string): Promise<number> {
  return shortly(
    () => fs.openSync(path, 'wx', 0o640),
    () =>
      new Promise((resolve, reject) =>
        fs.open(path, 'wx', 0o640, (error, fd) => (error ? reject(error) : resolve(fd))),
      ),
  );
}

/** Writes what is in memory from `position` on; at most about a megabyte, so that it is short. */
export function writeShort(fd: number, buffers: readonly Buffer[], position: number): Promise<void> {
  return shortly(
    () => {
      let left = buffers;
      for (let at = position; left.length > 0; ) {
        const written = fs.writevSync(fd, left as Buffer[], at);
        at += written;
        left = without(left, written);
      }
    },
    () => writeAllAt(fd, buffers, position),
  );
}

export function openFile(path: string, flags: 'r' | 'r+'): Promise<number> {
  return new Promise((resolve, reject) => fs.open(path, flags, (error, fd) => (error ? reject(error) : resolve(fd))));
}

/** @returns bytes read; 0 at the end of the file */
export function readAt(fd: number, buffer: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.read(fd, buffer, 0, length, position, (error, bytes) => (error ? reject(error) : resolve(bytes))),
  );
}

/** Writes all of the buffers, however little the disk takes at a time. */
export async function writeAllAt(fd: number, buffers: readonly Buffer[], position: number): Promise<void> {
  let left = buffers;
  for (let at = position; left.length > 0; ) {
    const written = await writeSome(fd, left, at);
    at += written;
    left = without(left, written);
  }
}

function writeSome(fd: number, buffers: readonly Buffer[], position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.writev(fd, buffers, position, (error, written) => (error ? reject(error) : resolve(written))),
  );
}

/** The buffers after their first `bytes` bytes. */
function without(buffers: readonly Buffer[], bytes: number): readonly Buffer[] {
  let skip = bytes;
  for (const [at, buffer] of buffers.entries()) {
    if (skip < buffer.length) return [buffer.subarray(skip), ...buffers.slice(at + 1)];
    skip -= buffer.length;
  }
  return [];
}

/** The content and the length are on the disk when this resolves; times of access need not be. */
export function syncData(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fs.fdatasync(fd, (error) => (error ? reject(error) : resolve())));
}

export function closeFile(fd: number): Promise<void> {
  return shortly(
    () => fs.closeSync(fd),
    () => new Promise((resolve, reject) => fs.close(fd, (error) => (error ? reject(error) : resolve()))),
  );
}

export function renameFile(from: string, to: string): Promise<void> {
  return shortly(
    () => fs.renameSync(from, to),
    () => new Promise((resolve, reject) => fs.rename(from, to, (error) => (error ? reject(error) : resolve()))),
  );
}

/** Content, length and all that belongs to the file; of a folder: its entries. */
export function syncAll(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fs.fsync(fd, (error) => (error ? reject(error) : resolve())));
}

/** Names in a folder; null when there is no such folder. */
export async function listNames(folder: string): Promise<string[] | null> {
  try {
    return await shortly(
      () => (fs.existsSync(folder) ? fs.readdirSync(folder) : null),
      () =>
        new Promise((resolve, reject) =>
          fs.readdir(folder, (error, names) => (error ? reject(error) : resolve(names))),
        ),
    );
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** True when the error says that there is no such file. */
export const isAbsent = (error: unknown): boolean => (error as { code?: string } | null)?.code === 'ENOENT';
