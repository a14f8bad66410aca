/** OpenPGP signatures beside what they sign: of a repository's repomd.xml, and in packages' headers. */
import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import type { PublicKey } from 'openpgp';
import { type Keyring, keysOfRing, soundKey } from '../../archive/verify-release.ts';
import { ComposeError } from '../../error.ts';

/** Keys with their name for messages. */
export type RpmKeys = { name: string; keys: readonly PublicKey[] };

export async function readRpmKeys(ring: Keyring): Promise<RpmKeys> {
  return { name: ring.name, keys: await keysOfRing(ring) };
}

/**
 * @param signature armored or binary
 * @returns fingerprints of the keys whose signatures are good
 * @throws ComposeError `release-signature`
 */
export async function verifyDetached(
  signed: Buffer,
  signature: Buffer,
  { name, keys }: RpmKeys,
  now: Date,
  origin: string,
): Promise<string[]> {
  const refused = (why: string, cause?: unknown) =>
    new ComposeError('release-signature', `${origin} is refused: ${why}`, { cause });
  const old = readVersion3(signature);
  if (old)
    return [
      await verifyVersion3(signed, old, keys, now).catch((cause: unknown) =>
        Promise.reject(refused(`no signature is good by ${name} (${(cause as Error).message})`, cause)),
      ),
    ];
  const openpgp = await import('openpgp');
  const armored = signature.subarray(0, 200).includes('-----BEGIN PGP SIGNATURE-----');
  const parsed = await (armored
    ? openpgp.readSignature({ armoredSignature: signature.toString('latin1') })
    : openpgp.readSignature({ binarySignature: signature })
  ).catch((cause: unknown) => Promise.reject(refused('its signature cannot be read', cause)));
  const message = await openpgp.createMessage({ binary: signed });
  const result = await openpgp.verify({
    message,
    signature: parsed,
    verificationKeys: [...keys],
    date: now,
    format: 'binary',
  });
  const reasons: string[] = [];
  const good: string[] = [];
  for (const each of result.signatures) {
    const id = each.keyID.toHex();
    try {
      await each.verified;
      good.push(await soundKey([...keys], id, now));
    } catch (cause) {
      reasons.push(`${id.toUpperCase()}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  if (good.length === 0) throw refused(`no signature is good by ${name} (${reasons.join('; ') || 'it carries none'})`);
  return good.sort();
}

type Version3 = { trailer: Buffer; keyId: string; hash: string; value: Buffer };

const HASHES: Record<number, string> = { 8: 'RSA-SHA256', 9: 'RSA-SHA384', 10: 'RSA-SHA512' };
const RSA = 1;

/** Signatures of version 3, which rpm made until 2021 and libraries no longer read (RFC 4880, 5.2.2). Null for others. */
function readVersion3(bytes: Buffer): Version3 | null {
  const tag = bytes[0] ?? 0;
  let at: number;
  if ((tag & 0xfc) === 0x88) at = 1 + (tag & 3 ? 2 : 1) + ((tag & 3) === 2 ? 2 : 0);
  else if (tag === 0xc2) at = (bytes[1] ?? 0) < 192 ? 2 : 3;
  else return null;
  if (bytes[at] !== 3 || bytes[at + 1] !== 5 || bytes.length < at + 21) return null;
  const hash = HASHES[bytes[at + 16] ?? 0];
  if (bytes[at + 15] !== RSA || hash === undefined) return null;
  const length = Math.ceil(bytes.readUInt16BE(at + 19) / 8);
  const value = bytes.subarray(at + 21, at + 21 + length);
  if (value.length !== length) return null;
  return { trailer: bytes.subarray(at + 2, at + 7), keyId: bytes.toString('hex', at + 7, at + 15), hash, value };
}

async function verifyVersion3(
  signed: Buffer,
  { trailer, keyId, hash, value }: Version3,
  keys: readonly PublicKey[],
  now: Date,
): Promise<string> {
  const fingerprint = await soundKey([...keys], keyId, now);
  for (const key of keys)
    for (const part of [key, ...key.getSubkeys()]) {
      if (part.getKeyID().toHex() !== keyId) continue;
      const { publicParams } = part.keyPacket as unknown as { publicParams: { n?: Uint8Array; e?: Uint8Array } };
      const rsa = rsaKey(publicParams);
      if (!rsa) continue;
      const modulus = rsa.asymmetricKeyDetails?.modulusLength ?? 0;
      if (modulus < 2048) throw new Error(`${keyId}: its key has ${modulus} bits`);
      // Leading zeros are left out of numbers there, and not here.
      const padded = Buffer.concat([Buffer.alloc(Math.max(0, modulus / 8 - value.length)), value]);
      if (createVerify(hash).update(signed).update(trailer).verify(rsa, padded)) return fingerprint;
    }
  throw new Error(`${keyId.toUpperCase()}: the signature does not match`);
}

function rsaKey({ n, e }: { n?: Uint8Array; e?: Uint8Array }): KeyObject | null {
  if (!n || !e) return null;
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n: text(n), e: text(e) }, format: 'jwk' });
}
