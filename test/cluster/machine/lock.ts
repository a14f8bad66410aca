/** One test cluster on a machine at a time: the bridge, the cgroup and two cores are enough for one. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOCK = join(tmpdir(), 'pratique-cluster.lock');
const WAIT_MS = 15 * 60_000;

/** Waits for whoever has the lock; one whose process is gone does not count. @returns what gives the lock back */
export async function lockMachine(): Promise<() => Promise<void>> {
  for (const deadline = Date.now() + WAIT_MS; ; ) {
    try {
      await mkdir(LOCK);
      await writeFile(join(LOCK, 'pid'), String(process.pid));
      return () => rm(LOCK, { recursive: true, force: true });
    } catch (error) {
      // Gone again before the pid was in it: another who waits took it for one left behind.
      if (!['EEXIST', 'ENOENT'].includes((error as { code?: string }).code ?? '')) throw error;
    }
    if (!(await isHeld())) await rm(LOCK, { recursive: true, force: true });
    else if (Date.now() > deadline) throw new Error(`another test cluster has ${LOCK} for longer than 15 minutes`);
    else await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function isHeld(): Promise<boolean> {
  // A lock without its pid was made a moment ago.
  const read = () => readFile(join(LOCK, 'pid'), 'utf8').catch(() => '');
  let pid = await read();
  if (pid === '') {
    await new Promise((resolve) => setTimeout(resolve, 500));
    pid = await read();
  }
  if (pid === '') return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
