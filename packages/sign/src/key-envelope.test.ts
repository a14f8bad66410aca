import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSigner, generateKey, readPublicKey } from './key.ts';
import {
  decryptKey,
  encryptKey,
  generateMasterKey,
  type KeyEnvelope,
  parseMasterKey,
  rewrapKey,
} from './key-envelope.ts';

const master = generateMasterKey();
const key = generateKey();
const envelope = encryptKey(key, 'account/acme', master);
const flip = (base64: string) => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes.toString('base64');
};

describe('a key at rest', () => {
  test('comes back as it was, and two envelopes of one key share nothing', () => {
    const again = encryptKey(key, 'account/acme', master);
    expect(
      decryptKey(JSON.parse(JSON.stringify(envelope)), 'account/acme', [generateMasterKey(), master]).equals(key),
    ).toBe(true);
    expect(again.ciphertext).not.toBe(envelope.ciphertext);
    expect(again.salt).not.toBe(envelope.salt);
    expect(JSON.stringify(envelope)).not.toContain(master.secret.toString('base64'));
  });

  const altered: [string, (stored: KeyEnvelope) => unknown, string][] = [
    ['a flipped bit in the ciphertext', (e) => ({ ...e, ciphertext: flip(e.ciphertext) }), 'envelope-invalid'],
    ['a flipped bit in the tag', (e) => ({ ...e, tag: flip(e.tag) }), 'envelope-invalid'],
    [
      'a shortened tag',
      (e) => ({ ...e, tag: Buffer.from(e.tag, 'base64').subarray(0, 4).toString('base64') }),
      'envelope-invalid',
    ],
    ['a flipped bit in the salt', (e) => ({ ...e, salt: flip(e.salt) }), 'envelope-invalid'],
    ['the id of another key', (e) => ({ ...e, keyId: `sha256:${'0'.repeat(64)}` }), 'envelope-invalid'],
    ['another purpose written over it', (e) => ({ ...e, purpose: 'account/other' }), 'key-locked'],
    ['a later version', (e) => ({ ...e, version: 2 }), 'envelope-invalid'],
    ['a field more', (e) => ({ ...e, note: 'x' }), 'envelope-invalid'],
    ['nothing', () => null, 'envelope-invalid'],
  ];
  test.each(altered)('is refused with %s', (_, alter, code) => {
    expect(() => decryptKey(alter(envelope), 'account/acme', [master])).toThrow(expect.objectContaining({ code }));
  });

  test('cannot be moved to another account, even by rewriting its purpose', () => {
    expect(() => decryptKey({ ...envelope, purpose: 'account/other' }, 'account/other', [master])).toThrow(
      expect.objectContaining({ code: 'envelope-invalid' }),
    );
  });

  test('is locked without its master key', () => {
    expect(() => decryptKey(envelope, 'account/acme', [generateMasterKey()])).toThrow(
      expect.objectContaining({ code: 'key-locked' }),
    );
  });

  test('moves under a new master key, after which the old one is of no use', () => {
    const next = generateMasterKey();
    const moved = rewrapKey(envelope, [master], next);
    expect(moved.masterId).toBe(next.id);
    expect(moved.keyId).toBe(envelope.keyId);
    expect(decryptKey(moved, 'account/acme', [next]).equals(key)).toBe(true);
    expect(() => decryptKey(moved, 'account/acme', [master])).toThrow(expect.objectContaining({ code: 'key-locked' }));
    expect(rewrapKey(moved, [next], next)).toBe(moved);
  });
});

describe('a master key', () => {
  test('is read from base64 and hex alike', () => {
    const text = master.secret.toString('base64');
    expect(parseMasterKey(`  ${text}\n`).id).toBe(master.id);
    expect(parseMasterKey(master.secret.toString('hex')).id).toBe(master.id);
  });
  test.each([
    '',
    'short',
    'x'.repeat(43),
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    'a'.repeat(63),
  ])('is refused as %j', (text) => {
    if (text === 'x'.repeat(43)) expect(parseMasterKey(text).secret).toHaveLength(32);
    else expect(() => parseMasterKey(text)).toThrow(expect.objectContaining({ code: 'key-invalid' }));
  });
});

describe('keys', () => {
  const pem = (type: 'rsa' | 'ec' | 'ed25519', options: object) => {
    const pair = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
    return { pem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(), key: pair.privateKey };
  };
  test.each([
    ['P-256', pem('ec', { namedCurve: 'P-256' })],
    ['P-384', pem('ec', { namedCurve: 'P-384' })],
    ['RSA 2048', pem('rsa', { modulusLength: 2048 })],
    ['Ed25519', pem('ed25519', {})],
  ])('%s is taken, and its hint is the hash of its SubjectPublicKeyInfo', (_, pair) => {
    const signer = createSigner(pair.key);
    const read = readPublicKey(pair.pem);
    expect(signer.publicKey.fingerprint).toBe(read.fingerprint);
    expect(Buffer.from(read.hint, 'base64').toString('hex')).toBe(read.fingerprint.slice(7));
  });

  test.each([
    ['RSA of 1024 bits', pem('rsa', { modulusLength: 1024 }).pem],
    ['an unusual curve', pem('ec', { namedCurve: 'secp256k1' }).pem],
    ['a private key', pem('ec', { namedCurve: 'P-256' }).key.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['garbage', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
    ['nothing', ''],
  ])('%s is refused', (_, text) =>
    expect(() => readPublicKey(text)).toThrow(expect.objectContaining({ code: 'key-invalid' })),
  );
});
