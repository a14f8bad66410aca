import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readRepairArchives } from './archives.ts';

const folder = mkdtempSync(join(tmpdir(), 'pratique-archives-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'archives.json');
const known = { debian: { mirror: 'https://deb.example' } };

test('places of a file come beside those that are known, and before them', () => {
  const rocky = { repositories: ['https://rocky.example/9/BaseOS'], keyring: '/etc/keys/rocky.asc' };
  writeFileSync(path, JSON.stringify({ rocky, debian: { keyring: '/etc/keys/debian.gpg' } }));
  expect(readRepairArchives(path, known)).toEqual({ rocky, debian: { keyring: '/etc/keys/debian.gpg' } });
  expect(readRepairArchives(undefined, known)).toBe(known);
});

test.each([
  ['what is no JSON', '{', /is no JSON/],
  ['a place of another kind', '{"alpine":{"url":"https://x"}}', /alpine/],
  ['an address that is none', '{"alpine":{"mirror":"file:///etc"}}', /alpine.mirror/],
  ['a keyring that lies nowhere', '{"alpine":{"keyring":"keys"}}', /alpine.keyring/],
  ['a distribution with a path in its name', '{"../x":{}}', /\.\.\/x/],
])('%s is refused, and the sentence says where', (_, text, message) => {
  writeFileSync(path, text);
  expect(() => readRepairArchives(path, known)).toThrow(message);
});

test('a file that is not there is refused', () => {
  expect(() => readRepairArchives(join(folder, 'nowhere'), known)).toThrow(/nowhere cannot be read/);
});
