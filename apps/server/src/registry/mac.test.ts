import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createMac } from './mac.ts';

test.each([
  [0, 0],
  [1, 1],
  [32, 100],
  [63, 64],
  [64, 1000],
])('a key of %i bytes and a message of %i give what createHmac gives', (keyLength, length) => {
  const key = randomBytes(keyLength);
  const message = `ü${randomBytes(length).toString('hex')}`;
  expect(createMac(key)(message)).toEqual(createHmac('sha256', key).update(message).digest());
});

test('a key that would have to be hashed first is refused', () => {
  expect(() => createMac(randomBytes(65))).toThrow(/65 bytes/);
});
