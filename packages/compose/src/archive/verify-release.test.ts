import * as openpgp from 'openpgp';
import { beforeAll, describe, expect, test } from 'vitest';
import { verifyRelease } from './verify-release.ts';

const MADE = new Date('2026-01-01');
const SIGNED = new Date('2026-02-01');
const NOW = new Date('2026-03-01');
type Pair = { privateKey: openpgp.PrivateKey; publicKey: openpgp.PublicKey; revocationCertificate: string };
let good: Pair;
let short: Pair;
let stranger: Pair;

async function pair(seconds = 0): Promise<Pair> {
  return openpgp.generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'a' }],
    date: MADE,
    keyExpirationTime: seconds,
    format: 'object',
  });
}

async function signed(text: string, ...keys: Pair[]): Promise<Buffer> {
  const message = await openpgp.createCleartextMessage({ text });
  return Buffer.from(await openpgp.sign({ message, signingKeys: keys.map((key) => key.privateKey), date: SIGNED }));
}

const ring = (...keys: Pair[]) => ({
  name: 'ring',
  bytes: Buffer.from(keys.map((key) => key.publicKey.armor()).join('\n')),
  fingerprints: [] as string[],
});

beforeAll(async () => {
  [good, short, stranger] = await Promise.all([pair(), pair(45 * 86_400), pair()]);
});

describe('a release file', () => {
  test('is accepted by one good signature among several', async () => {
    const result = await verifyRelease(await signed('Suite: test\n', stranger, good), ring(good), NOW, 'x');
    expect(result.signedBy).toEqual([good.publicKey.getFingerprint()]);
    expect(result.text).toContain('Suite: test');
  });

  test('is accepted by a binary keyring too', async () => {
    const bytes = Buffer.concat([good, short].map((key) => Buffer.from(key.publicKey.write())));
    await expect(
      verifyRelease(await signed('a', good), { name: 'ring', bytes, fingerprints: [] }, NOW, 'x'),
    ).resolves.toMatchObject({ text: 'a' });
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'by a key that is not in the keyring',
      async () => verifyRelease(await signed('a', stranger), ring(good), NOW, 'x'),
    ],
    [
      'by a key that was good when it signed and has expired',
      async () => verifyRelease(await signed('a', short), ring(short, good), NOW, 'x'),
    ],
    [
      'by a key outside the fingerprints the source allows',
      async () =>
        verifyRelease(
          await signed('a', good),
          { ...ring(good, short), fingerprints: [short.publicKey.getFingerprint().toUpperCase()] },
          NOW,
          'x',
        ),
    ],
    [
      'by a signature from the future',
      async () => verifyRelease(await signed('a', good), ring(good), new Date('2026-01-15'), 'x'),
    ],
    ['without a signature', async () => verifyRelease(Buffer.from('Suite: test\n'), ring(good), NOW, 'x')],
    [
      'with text after the signature',
      async () =>
        verifyRelease(Buffer.concat([await signed('a', good), Buffer.from('\nSuite: evil\n')]), ring(good), NOW, 'x'),
    ],
    [
      'with a second signed part',
      async () =>
        verifyRelease(Buffer.concat([await signed('a', good), await signed('b', good)]), ring(good), NOW, 'x'),
    ],
  ])('is refused %s', async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code: 'release-signature' });
  });

  test('is refused by a key that has been revoked since', async () => {
    const revoked = await openpgp.revokeKey({
      key: good.publicKey,
      revocationCertificate: good.revocationCertificate,
      format: 'object',
    });
    const keyring = { name: 'ring', bytes: Buffer.from(revoked.publicKey.armor()), fingerprints: [] };
    await expect(verifyRelease(await signed('a', good), keyring, NOW, 'x')).rejects.toMatchObject({
      code: 'release-signature',
    });
  });

  test('is not looked at when the keyring cannot be read', async () => {
    await expect(
      verifyRelease(await signed('a', good), { name: 'ring', bytes: Buffer.from('junk'), fingerprints: [] }, NOW, 'x'),
    ).rejects.toMatchObject({ code: 'sources-invalid' });
  });
});
