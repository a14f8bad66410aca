/** Signatures beside what they sign, in both versions that distributions use. */
import { createPrivateKey, createSign } from 'node:crypto';
import * as openpgp from 'openpgp';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RpmKeys, readRpmKeys, verifyDetached } from './signature.ts';

const SIGNED = Buffer.from('what is signed');
let keys: RpmKeys;
let strangers: RpmKeys;
let own: openpgp.PrivateKey;

const generate = async (name: string) => {
  const { privateKey, publicKey } = await openpgp.generateKey({
    type: 'rsa',
    rsaBits: 2048,
    userIDs: [{ name }],
    format: 'armored',
  });
  const ring = await readRpmKeys({ name, bytes: Buffer.from(publicKey), fingerprints: [] });
  return { ring, key: await openpgp.readPrivateKey({ armoredKey: privateKey }) };
};

beforeAll(async () => {
  const [one, other] = await Promise.all([generate('own'), generate('stranger')]);
  keys = one.ring;
  own = one.key;
  strangers = other.ring;
});

/** As rpm made them until 2021 (RFC 4880, 5.2.2). */
function version3(signed: Buffer, keyId = own.getKeyID().toHex()): Buffer {
  const { publicParams, privateParams } = own.keyPacket as unknown as {
    publicParams: Record<'n' | 'e', Uint8Array>;
    privateParams: Record<'d' | 'p' | 'q', Uint8Array>;
  };
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const big = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const { p, q, d } = privateParams;
  const part = (value: bigint) => Buffer.from(value.toString(16).padStart(256, '0'), 'hex').toString('base64url');
  const inverse = (a: bigint, m: bigint) => {
    let [x, y, u, v] = [a % m, m, 1n, 0n];
    while (x > 0n) [x, y, u, v] = [y % x, x, v - (y / x) * u, u];
    return ((v % m) + m) % m;
  };
  const jwk = {
    kty: 'RSA',
    n: text(publicParams.n),
    e: text(publicParams.e),
    d: text(d),
    p: text(p),
    q: text(q),
    dp: part(big(d) % (big(p) - 1n)),
    dq: part(big(d) % (big(q) - 1n)),
    qi: part(inverse(big(q), big(p))),
  };
  const trailer = Buffer.from([0, 0x60, 0, 0, 0]);
  const value = createSign('RSA-SHA256')
    .update(signed)
    .update(trailer)
    .sign(createPrivateKey({ key: jwk, format: 'jwk' }));
  const id = Buffer.from(keyId, 'hex');
  const body = Buffer.concat([Buffer.from([3, 5]), trailer, id, Buffer.from([1, 8, 0, 0, 8, 0]), value]);
  return Buffer.concat([Buffer.from([0x89, body.length >> 8, body.length & 255]), body]);
}

const version4 = async (signed: Buffer) => {
  const message = await openpgp.createMessage({ binary: signed });
  return Buffer.from(await openpgp.sign({ message, signingKeys: own, detached: true, format: 'binary' }));
};

describe.each([
  ['version 3', (signed: Buffer) => Promise.resolve(version3(signed))],
  ['version 4', version4],
])('a signature of %s', (_version, sign) => {
  const verdict = async (signed: Buffer, signature: Buffer, ring: RpmKeys) =>
    verifyDetached(signed, signature, ring, new Date(), 'it').catch((error: { code?: string }) => error.code);

  test('is good by the key that made it', async () => {
    expect(await verdict(SIGNED, await sign(SIGNED), keys)).toEqual([own.getFingerprint()]);
  });

  test('is refused by other keys, for other bytes, and where it was changed', async () => {
    const signature = await sign(SIGNED);
    expect(await verdict(SIGNED, signature, strangers)).toBe('release-signature');
    expect(await verdict(Buffer.from('something else'), signature, keys)).toBe('release-signature');
    const changed = Buffer.from(signature);
    changed[changed.length - 5] = (changed[changed.length - 5] ?? 0) ^ 1;
    expect(await verdict(SIGNED, changed, keys)).toBe('release-signature');
    expect(await verdict(SIGNED, signature.subarray(0, 60), keys)).toBe('release-signature');
  });
});
