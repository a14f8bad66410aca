/** Writes a file so that it is there whole, or not at all, whatever happens. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Written beside its place, flushed, and moved there in one step. */
export async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.${process.pid}.${Math.trunc(performance.now() * 1000)}.tmp`;
  const file = await open(temporary, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  // The name is durable only when its directory is, and the pointer must not outlive what it points to.
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
