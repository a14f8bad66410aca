import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importPrivateKey } from './import-key.ts';
import { createSigner } from './key.ts';
import { openSecretbox } from './secretbox.ts';

/** Box of NaCl's own test, tests/secretbox.c: key, nonce and first bytes of the message are published with it. */
const FIRST_KEY = Buffer.from('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389', 'hex');
const NONCE = Buffer.from('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37', 'hex');
const BOX = Buffer.from(
  'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
  'hex',
);

describe('a secretbox', () => {
  test('opens as NaCl closed it', () => {
    const opened = openSecretbox(BOX, NONCE, FIRST_KEY);
    expect(opened.toString('hex')).toBe(
      'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
    );
  });
  test('that was altered in any byte stays closed', () => {
    for (const at of [0, 15, 16, BOX.length - 1]) {
      const altered = Buffer.from(BOX);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => openSecretbox(altered, NONCE, FIRST_KEY)).toThrow(expect.objectContaining({ code: 'key-locked' }));
    }
  });
});

describe('a private key that somebody brings', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const plain = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const locked = pair.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString();

  test.each([
    ['plain', plain, undefined],
    ['encrypted', locked, 'secret'],
  ])('is taken %s', (_, pem, passphrase) => {
    expect(createSigner(importPrivateKey(pem, passphrase)).publicKey.pem).toBe(
      pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    );
  });

  const bomb = Buffer.from(
    JSON.stringify({
      kdf: { name: 'scrypt', params: { N: 2 ** 30, r: 8, p: 1 }, salt: '' },
      cipher: { name: 'nacl/secretbox', nonce: '' },
      ciphertext: '',
    }),
  ).toString('base64');
  test.each([
    ['without its passphrase', locked, undefined, 'key-locked'],
    ['with a wrong passphrase', locked, 'wrong', 'key-locked'],
    [
      'when it is a public key',
      pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      undefined,
      'key-invalid',
    ],
    [
      'when it is too weak',
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      undefined,
      'key-invalid',
    ],
    [
      'when its scrypt parameters would exhaust memory',
      `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${bomb}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----`,
      'x',
      'key-invalid',
    ],
    ['when it is nothing', '', undefined, 'key-invalid'],
  ])('is refused %s', (_, pem, passphrase, code) => {
    expect(() => importPrivateKey(pem, passphrase)).toThrow(expect.objectContaining({ code }));
  });
});
