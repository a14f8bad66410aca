/** Puts a finished file where blobs are, so that neither the file nor its name is lost with the power. */
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAbsent } from './disk.ts';

export type Places = {
  path(digest: string): string;
  /** Moves a file whose content is synced; its name is durable when this resolves. */
  adopt(from: string, digest: string): Promise<void>;
  /** Makes the name of a blob durable that somebody else moved there a moment ago. */
  settle(digest: string): Promise<void>;
};

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
  const path = (digest: string) => {
    const hex = digest.slice('sha256:'.length);
    return join(blobs, hex.slice(0, 2), hex);
  };
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
  return rename(from, to).catch(async (error: unknown) => {
    if (!isAbsent(error)) throw error;
    // Somebody tidied the empty folder away.
    await mkdir(dirname(to), { recursive: true });
    await syncOnce(dirname(dirname(to)));
    await rename(from, to);
  });
}

/**
 * One sync of a folder serves everybody who asked before it began: pushes that end together share it.
 * (A sync that is already running may have passed over the entry, so it does not count.)
 */
export function createDirectorySync(
  syncFolder: (folder: string) => Promise<void> = syncOnce,
): (folder: string) => Promise<void> {
  const running = new Map<string, { now: Promise<void>; next: Promise<void> | null }>();
  const begin = (folder: string): Promise<void> => {
    const now = syncFolder(folder);
    const state: { now: Promise<void>; next: Promise<void> | null } = { now, next: null };
    running.set(folder, state);
    const done = () => {
      if (running.get(folder) === state && state.next === null) running.delete(folder);
    };
    now.then(done, done);
    return now;
  };
  return (folder) => {
    const state = running.get(folder);
    if (!state) return begin(folder);
    state.next ??= state.now.then(
      () => begin(folder),
      () => begin(folder),
    );
    return state.next;
  };
}

async function syncOnce(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
