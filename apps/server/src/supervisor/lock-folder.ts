/** One supervisor for each data folder; a lock left by a process that is gone is taken over. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerError } from '../error.ts';

/**
 * @returns what gives the folder back
 * @throws ServerError `data-in-use`, naming the process that has it
 */
export async function lockDataFolder(dataDir: string, isAlive = isOurs): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'supervisor.pid');
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  // Whole before it has its name: nobody ever reads an empty lock and takes it for an abandoned one.
  await writeFile(draft, String(process.pid), { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await linked(draft, file)) return () => release(file);
      const holder = await readHolder(file);
      if (holder === null) continue;
      if (holder !== process.pid && isAlive(holder))
        throw new ServerError(
          'data-in-use',
          `another instance (process ${holder}) uses ${dataDir}; stop it or set PRATIQUE_DATA`,
        );
      await removeStale(file, holder);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new ServerError('data-in-use', `${dataDir} could not be locked: others start there at the same moment`);
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file); // unlike rename, refuses to replace a lock
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw error;
  }
}

/** @returns the process that holds the lock, 0 for a lock that names none, null when there is no lock any more */
async function readHolder(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : Number(text) || 0;
}

/** Two may see the same dead holder: what is taken away is looked at again, and a living one's lock is put back. */
async function removeStale(file: string, holder: number): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  await rename(file, aside).catch(() => {});
  const taken = await readHolder(aside);
  if (taken !== null && taken !== holder) await linked(aside, file);
  await rm(aside, { force: true });
}

async function release(file: string): Promise<void> {
  if ((await readHolder(file)) === process.pid) await unlink(file).catch(() => {});
}

/** A number that was given to another program since says nothing. */
function isOurs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.ts');
  } catch {
    return false;
  }
}
