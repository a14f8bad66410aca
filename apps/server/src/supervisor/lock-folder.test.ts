import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockDataFolder } from './lock-folder.ts';

const folders: string[] = [];
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'pratique-lock-'));
  folders.push(made);
  return made;
}
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))));

const alive = () => true;
const dead = () => false;

test('a folder is locked until it is given back', async () => {
  const dir = await folder();
  const release = await lockDataFolder(dir);
  expect(await readFile(join(dir, 'supervisor.pid'), 'utf8')).toBe(String(process.pid));
  await release();
  expect(await readdir(dir)).toEqual([]);
});

test('a living holder is named in the refusal', async () => {
  const dir = await folder();
  await writeFile(join(dir, 'supervisor.pid'), '4242');
  await expect(lockDataFolder(dir, alive)).rejects.toMatchObject({
    code: 'data-in-use',
    message: expect.stringContaining('process 4242'),
  });
  expect(await readdir(dir)).toEqual(['supervisor.pid']);
});

test.each([
  ['of a process that is gone', '4242'],
  ['that names nobody', ''],
  ['that is no number', 'x'],
])('a lock %s is taken over', async (_, content) => {
  const dir = await folder();
  await writeFile(join(dir, 'supervisor.pid'), content);
  await lockDataFolder(dir, dead);
  expect(await readFile(join(dir, 'supervisor.pid'), 'utf8')).toBe(String(process.pid));
  expect(await readdir(dir)).toEqual(['supervisor.pid']);
});
