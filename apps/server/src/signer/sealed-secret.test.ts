import { generateMasterKey } from '@pratique/sign';
import { expect, test } from 'vitest';
import { openSecret, resealSecret, sealSecret } from './sealed-secret.ts';

const [master, next] = [generateMasterKey(), generateMasterKey()];
const sealed = sealSecret(master, 'webhook/1', 'https://hooks.example/services/T0/secret');

test('a sealed secret opens for its purpose, and shows nothing of itself', () => {
  expect(openSecret([next, master], 'webhook/1', sealed)).toBe('https://hooks.example/services/T0/secret');
  expect(JSON.stringify(sealed)).not.toContain('hooks.example');
  expect(sealSecret(master, 'webhook/1', 'a secret of some length').ciphertext).not.toBe(
    sealSecret(master, 'webhook/1', 'a secret of some length').ciphertext,
  );
});

test.each([
  ['for another purpose', 'webhook/2', sealed, /is for webhook\/1, not for webhook\/2/],
  ['moved to another purpose by hand', 'webhook/2', { ...sealed, purpose: 'webhook/2' }, /was altered/],
  [
    'under a master key that is not at hand',
    'webhook/1',
    sealSecret(generateMasterKey(), 'webhook/1', 'x'),
    /not at hand/,
  ],
  [
    'with one bit turned',
    'webhook/1',
    { ...sealed, tag: Buffer.from(Buffer.from(sealed.tag, 'base64').map((b) => b ^ 1)).toString('base64') },
    /was altered/,
  ],
])('a secret %s stays closed', (_, purpose, stored, message) => {
  expect(() => openSecret([master], purpose, stored)).toThrow(message);
});

test('a rotation of the master key seals it anew, once', () => {
  const fresh = resealSecret(sealed, [master, next], next);
  expect(openSecret([next], 'webhook/1', fresh)).toBe('https://hooks.example/services/T0/secret');
  expect(resealSecret(fresh, [master, next], next)).toBe(fresh);
});
