import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readMasterKey } from './master-key.ts';

const folder = await mkdtemp(join(tmpdir(), 'pratique-key-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the first start makes a key that only its owner reads, and every later one finds it', async () => {
  const file = join(folder, 'keys', 'master');
  const made = await readMasterKey({ file });
  expect(made).toHaveLength(32);
  expect(await readMasterKey({ file })).toEqual(made);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, 'keys'))).toEqual(['master']);
});

test('a file that is there and cannot be used is never replaced', async () => {
  const file = join(folder, 'broken');
  await writeFile(file, '');
  await expect(readMasterKey({ file })).rejects.toMatchObject({ code: 'config-invalid' });
  await expect(readMasterKey({ file: folder })).rejects.toMatchObject({ code: 'config-invalid' });
});
