import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readAt } from './disk.ts';
import { createOpenFiles } from './open-files.ts';

const folder = await mkdtemp(join(tmpdir(), 'pratique-open-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
await Promise.all(Array.from({ length: 50 }, (_, n) => writeFile(join(folder, String(n)), `file ${n}`)));

/** How many files of the folder this process has open. */
const openHere = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;

test('everybody reads the file that was asked for, and few stay open', async () => {
  const files = createOpenFiles(8);
  await Promise.all(
    Array.from({ length: 1000 }, async (_, n) => {
      const { fd, release } = await files.borrow(join(folder, String(n % 50)));
      const buffer = Buffer.alloc(20);
      const bytes = await readAt(fd, buffer, 20, 0);
      release();
      expect(buffer.toString('utf8', 0, bytes)).toBe(`file ${n % 50}`);
    }),
  );
  await expect.poll(openHere).toBeLessThanOrEqual(8);
});

test('a file that is not there is an error each time, until it is there', async () => {
  const files = createOpenFiles(8);
  const path = join(folder, 'late');
  for (let n = 0; n < 2; n++) await expect(files.borrow(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await writeFile(path, 'here');
  const { release } = await files.borrow(path);
  release();
});
