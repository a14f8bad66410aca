/** Puts a finished file where blobs are, so that neither the file nor its name is lost with the power. */
import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { coalesce } from '../coalesce.ts';
import { closeFile, isAbsent, openFile, renameFile, syncAll } from './disk.ts';

export type Places = {
  path: (digest: string) => string;
  /** Moves a file whose content is synced; its name is durable when this resolves. */
  adopt(from: string, digest: string): Promise<void>;
  /** Makes the name of a blob durable that somebody else moved there a moment ago. */
  settle(digest: string): Promise<void>;
};

/** Where a blob lies below the store's folder. */
export function placeOf(root: string, digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(root, 'sha256', hex.slice(0, 2), hex);
}

/**
 * Blobs lie in 256 folders by the first byte of their hash. Folders are made once, and made durable.
 * What lies under its final name was synced before it got that name: a reader need not ask.
 */
export async function openPlaces(root: string): Promise<Places> {
  const blobs = join(root, 'sha256');
  const folders = Array.from({ length: 256 }, (_, n) => join(blobs, n.toString(16).padStart(2, '0')));
  await mkdir(blobs, { recursive: true });
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
  await syncOnce(blobs);
  await syncOnce(root);
  const sync = createDirectorySync();
  const path = (digest: string) => placeOf(root, digest);
  return {
    path,
    async adopt(from, digest) {
      const to = path(digest);
      await move(from, to);
      await sync(dirname(to));
    },
    settle: (digest) => sync(dirname(path(digest))),
  };
}

function move(from: string, to: string): Promise<void> {
  return renameFile(from, to).catch(async (error: unknown) => {
    if (!isAbsent(error)) throw error;
    // Somebody tidied the empty folder away.
    await mkdir(dirname(to), { recursive: true });
    await syncOnce(dirname(dirname(to)));
    await renameFile(from, to);
  });
}

/**
 * One sync of a folder serves everybody who asked before it began: pushes that end together share it. A folder stays
 * open; one that was tidied away is opened again.
 */
function createDirectorySync(): (folder: string) => Promise<void> {
  const folders = new Map<string, () => Promise<void>>();
  return (folder) => {
    let sync = folders.get(folder);
    if (!sync) {
      sync = coalesce(keepOpen(folder));
      folders.set(folder, sync);
    }
    return sync();
  };
}

function keepOpen(folder: string): () => Promise<void> {
  let held: { fd: number; inode: number } | null = null;
  return async () => {
    const inode = statSync(folder).ino;
    if (held?.inode !== inode) {
      if (held) await closeFile(held.fd);
      held = { fd: await openFile(folder, 'r'), inode };
    }
    await syncAll(held.fd);
  };
}

async function syncOnce(folder: string): Promise<void> {
  const fd = await openFile(folder, 'r');
  try {
    await syncAll(fd);
  } finally {
    await closeFile(fd);
  }
}
