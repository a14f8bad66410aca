/** The few file operations that every push makes, with one trip to the thread pool each and no more. */
import fs from 'node:fs';

/** Opens a file that nobody else has: fails where the name is taken. */
export function createFile(path: string): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.open(path, 'wx', 0o640, (error, fd) => (error ? reject(error) : resolve(fd))),
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
  return new Promise((resolve, reject) => fs.close(fd, (error) => (error ? reject(error) : resolve())));
}

export function renameFile(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => fs.rename(from, to, (error) => (error ? reject(error) : resolve())));
}

/** Content, length and all that belongs to the file; of a folder: its entries. */
export function syncAll(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fs.fsync(fd, (error) => (error ? reject(error) : resolve())));
}

/** Names in a folder; null when there is no such folder. */
export function listNames(folder: string): Promise<string[] | null> {
  return new Promise((resolve, reject) =>
    fs.readdir(folder, (error, names) => {
      if (!error) resolve(names);
      else if (isAbsent(error)) resolve(null);
      else reject(error);
    }),
  );
}

/** True when the error says that there is no such file. */
export const isAbsent = (error: unknown): boolean => (error as { code?: string } | null)?.code === 'ENOENT';
