/** References, read as docker reads them. */
import { expect, test } from 'vitest';
import { formatReference, isRepositoryName, parseReference } from './reference.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

test.each<[string, string | null, string, string | null, string | null]>([
  ['app', null, 'app', null, null],
  ['app:1', null, 'app', '1', null],
  ['team/app', null, 'team/app', null, null],
  ['a/b/c/d:x.Y_z-1', null, 'a/b/c/d', 'x.Y_z-1', null],
  ['localhost/app', 'localhost', 'app', null, null],
  ['localhost:5000', null, 'localhost', '5000', null],
  ['localhost:5000/app', 'localhost:5000', 'app', null, null],
  ['registry:5000/app:1', 'registry:5000', 'app', '1', null],
  ['registry.example/app', 'registry.example', 'app', null, null],
  ['Registry/app', 'Registry', 'app', null, null],
  ['127.0.0.1:8480/vendor/mini:1', '127.0.0.1:8480', 'vendor/mini', '1', null],
  ['[::1]:5000/app', '[::1]:5000', 'app', null, null],
  [`app@${DIGEST}`, null, 'app', null, DIGEST],
  [`registry.example:443/a/b:1@${DIGEST}`, 'registry.example:443', 'a/b', '1', DIGEST],
  ['a__b/c--d/e.f_g', null, 'a__b/c--d/e.f_g', null, null],
])('%s is host %s, name %s, tag %s, digest %s, and is written the same', (text, host, name, tag, digest) => {
  expect(parseReference(text)).toEqual({ host, name, tag, digest });
  expect(formatReference(parseReference(text))).toBe(text);
});

test.each([
  ['', 'an empty string is no repository name'],
  ['App', 'App is no repository name'],
  ['team/App', 'no repository name'],
  ['/app', 'no repository name'],
  ['app/', 'no repository name'],
  ['a//b', 'no repository name'],
  ['../etc', 'no host'],
  ['a/../b', 'no repository name'],
  ['-a/b', 'no repository name'],
  ['under_score.example/app', 'no host'],
  ['-x.example/app', 'no host'],
  ['registry.example:99999/app', 'no host'],
  ['registry:port/app', 'no host'],
  ['user@host/app', 'no sha256 digest'],
  ['app:', 'no tag'],
  ['app:-x', 'no tag'],
  ['app:a b', 'no tag'],
  [`app:${'x'.repeat(129)}`, 'no tag'],
  ['app@sha256:abc', 'no sha256 digest'],
  [`app@sha512:${'0'.repeat(128)}`, 'no sha256 digest'],
  [`app@${DIGEST}@${DIGEST}`, 'no sha256 digest'],
  ['0'.repeat(64), 'are an id'],
  ['a/'.repeat(200), 'no repository name'],
  ['x'.repeat(601), 'at most 600'],
  ['app\n', 'no repository name'],
  ['http://registry.example/app', 'no host'],
])('%j is refused: %s', (text, message) => {
  expect(() => parseReference(text)).toThrow(
    expect.objectContaining({ code: 'reference-invalid', message: expect.stringContaining(message) }),
  );
});

test('a repository name has at most 255 characters', () => {
  expect([isRepositoryName('a'.repeat(255)), isRepositoryName('a'.repeat(256))]).toEqual([true, false]);
});
