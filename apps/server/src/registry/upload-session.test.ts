import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createUploadSessions, isUploadToken } from './upload-session.ts';

const owner = { repositoryId: '11111111-1111-4111-8111-111111111111', actorId: 'robot:a' };
const key = randomBytes(32);
let now = 1_800_000_000_000;
const sessions = createUploadSessions(key, () => now);
const { id, token } = sessions.open(owner);

test('a session is known to every process that has the key', () => {
  expect(isUploadToken(token)).toBe(true);
  expect(createUploadSessions(key, () => now).verify(token, owner)).toBe(id);
});

test.each([
  [
    'another repository',
    () => sessions.verify(token, { ...owner, repositoryId: '22222222-1111-4111-8111-111111111111' }),
  ],
  ['another caller', () => sessions.verify(token, { ...owner, actorId: 'robot:b' })],
  ['another key', () => createUploadSessions(randomBytes(32), () => now).verify(token, owner)],
  [
    'another id',
    () =>
      sessions.verify(
        token.replace(/^./, (c) => (c === '0' ? '1' : '0')),
        owner,
      ),
  ],
  ['a later beginning', () => sessions.verify(token.replace(/\.[0-9a-f]{8}\./, '.7fffffff.'), owner)],
  ['a shorter signature', () => sessions.verify(token.slice(0, -1), owner)],
  ['more behind it', () => sessions.verify(`${token}x`, owner)],
  ['a path in it', () => sessions.verify(`../${token}`, owner)],
  ['nothing', () => sessions.verify('', owner)],
])('%s makes it nobody’s', (_, verify) => {
  expect(verify()).toBeNull();
});

test('a session ends after a day, and does not begin in the future', () => {
  const begun = now;
  now = begun + 24 * 3600 * 1000 - 1000;
  expect(sessions.verify(token, owner)).toBe(id);
  now = begun + 24 * 3600 * 1000 + 1000;
  expect(sessions.verify(token, owner)).toBeNull();
  now = begun - 3600 * 1000;
  expect(sessions.verify(token, owner)).toBeNull();
  now = begun;
});
