/** The examiner on hostile, odd and ordinary contents. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KINDS } from './catalog/list.ts';
import { createSecretExaminer, type SecretNote } from './examiner.ts';
import { seeded } from './random.fixture.ts';

const SALT = Buffer.from('a salt of the tests alone');
const examiner = createSecretExaminer({ salt: SALT });
const secret = KINDS.find((kind) => kind.id === 'github-personal-access-token')?.sample(seeded(3)).secret ?? '';
const examine = (path: string, content: Buffer, with_ = examiner) =>
  with_.examine({ path, mode: 0o644, size: content.length, content });

test('a secret at the end of a line of 10 MB is found, and the work is bounded by the size', () => {
  for (const filler of ['a', ' ghp_', '.eyJh.', '-----BEGIN RSA PRIVATE KEY-----', '"auth":', ' https://a:b']) {
    const one = createSecretExaminer({ salt: SALT });
    const content = Buffer.concat([Buffer.alloc(10 * 1024 * 1024, filler), Buffer.from(` ${secret} `)]);
    const found = examine('srv/a.txt', content, one);
    expect(one.work.bytes).toBe(content.length);
    expect(one.work.looks).toBeLessThanOrEqual(1_000_000);
    if (filler === 'a') expect(found).toMatchObject([{ line: 1, column: 10 * 1024 * 1024 + 2 }]);
  }
});

test('too many places are cut, and it is said', () => {
  const notes: SecretNote[] = [];
  const one = createSecretExaminer({ salt: SALT, note: (note) => notes.push(note) });
  examine('srv/a.txt', Buffer.alloc(10 * 1024 * 1024, ' ghp_'), one);
  expect(notes).toMatchObject([{ type: 'incomplete', path: 'srv/a.txt' }]);
});

describe('a secret is found', () => {
  test.each<[string, string, Buffer]>([
    [
      'on the border of the pieces that are read',
      'srv/a',
      Buffer.concat([Buffer.alloc(128 * 1024 - 12, ' '), Buffer.from(secret)]),
    ],
    ['in a program', 'usr/bin/a', Buffer.concat([Buffer.alloc(9000), Buffer.from(`\0${secret}\0`)])],
    ['in text of two bytes a letter', 'srv/a.reg', Buffer.from(`\ufeffkey=${secret}\r\n`, 'utf16le')],
    [
      'in a published package, where its checksum proves it',
      'app/node_modules/a/test/b.js',
      Buffer.from(`'${secret}'`),
    ],
  ])('%s', (_name, path, content) =>
    expect(examine(path, content).map((each) => each.id)).toEqual(['github-personal-access-token']),
  );
});

test('the same secret has one fingerprint wherever it lies, another under another salt, and is in no path', () => {
  const [a, b] = [examine('a', Buffer.from(secret)), examine(`x/${secret}/b`, Buffer.from(`\n  "${secret}"`))];
  expect(a[0]?.fingerprint).toBe(b[0]?.fingerprint);
  expect(b[0]).toMatchObject({ line: 2, column: 4, path: 'x/…/b' });
  const other = createSecretExaminer({ salt: Buffer.alloc(16, 'b') });
  expect(examine('a', Buffer.from(secret), other)[0]?.fingerprint).not.toBe(a[0]?.fingerprint);
});

test('a salt that is too short is refused', () => {
  expect(() => createSecretExaminer({ salt: Buffer.alloc(8) })).toThrow(RangeError);
});

test('a token that has ended is worth less', () => {
  const kind = KINDS.find((each) => each.id === 'kubernetes-service-account-token');
  const [head = '', , sign = ''] = (kind?.sample(seeded(5)).secret ?? '').split('.');
  const claims = Buffer.from(JSON.stringify({ iss: 'kubernetes/serviceaccount', exp: 1_700_000_000 })).toString(
    'base64url',
  );
  const content = Buffer.from(`${head}.${claims}.${sign}`);
  const at = (now: string) =>
    examine('a', content, createSecretExaminer({ salt: SALT, now: new Date(now) }))[0]?.severity;
  expect([at('2023-01-01'), at('2026-01-01')]).toEqual(['critical', 'low']);
});

test('hundreds of packages of others raise no alarm', () => {
  const root = join(import.meta.dirname, '../../../../node_modules');
  const found: string[] = [];
  let files = 0;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (
      !entry.isFile() ||
      entry.parentPath.includes('.vitest-cache') ||
      !/\.(?:js|json|md|ts|mjs|pem|key|env|yml)$/.test(entry.name)
    )
      continue;
    const path = join(entry.parentPath, entry.name);
    files++;
    found.push(
      ...examine(`app/node_modules/${relative(root, path)}`, readFileSync(path)).map(
        (each) => `${each.id} ${each.path}`,
      ),
    );
  }
  expect(files).toBeGreaterThan(1000);
  expect(found).toEqual([]);
}, 60_000);
