/** Takes over a private key that somebody has already: PEM of PKCS#8 or cosign's encrypted file. */
import { createPrivateKey, type KeyObject, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { SignError } from './error.ts';
import { createSigner, readPrivateKey } from './key.ts';
import { openSecretbox } from './secretbox.ts';

const MAX_PEM = 64 * 1024;

const CosignKey = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    // cosign writes 65536, 8, 1 (32768 in old versions); more would be a way to exhaust memory.
    params: z.object({
      N: z.number().int().min(2).max(131_072),
      r: z.number().int().min(1).max(8),
      p: z.number().int().min(1).max(4),
    }),
    salt: z.string().max(1024),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: z.string().max(1024) }),
  ciphertext: z.string().max(MAX_PEM),
});

/**
 * Reads a private key from PEM.
 *
 * @param passphrase needed where the key is encrypted
 * @throws SignError `key-invalid` (form, kind or strength), `key-locked` (passphrase wrong or missing)
 */
export function importPrivateKey(pem: string, passphrase?: string): KeyObject {
  if (pem.length > MAX_PEM) throw new SignError('key-invalid', `the key has more than ${MAX_PEM} characters`);
  const cosign = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem)?.[1];
  if (cosign !== undefined) return openCosignKey(Buffer.from(cosign, 'base64'), passphrase);
  const isEncrypted = /ENCRYPTED/.test(pem);
  if (isEncrypted && passphrase === undefined)
    throw new SignError('key-locked', 'the key is encrypted; a passphrase is needed');
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    throw new SignError(
      isEncrypted ? 'key-locked' : 'key-invalid',
      isEncrypted ? 'the passphrase is wrong' : 'the key is no private key in PEM',
      { cause },
    );
  }
  createSigner(key); // Refuses kinds that cannot be used.
  return key;
}

function openCosignKey(json: Buffer, passphrase: string | undefined): KeyObject {
  if (passphrase === undefined)
    throw new SignError('key-locked', 'the cosign key is encrypted; a passphrase is needed');
  const parsed = CosignKey.safeParse(parseJson(json));
  if (!parsed.success)
    throw new SignError(
      'key-invalid',
      `the cosign key is invalid at ${parsed.error.issues[0]?.path.join('.') || 'its root'}`,
    );
  const { kdf, cipher, ciphertext } = parsed.data;
  const { N, r, p } = kdf.params;
  if ((N & (N - 1)) !== 0)
    throw new SignError('key-invalid', 'the cosign key names scrypt parameters that do not exist');
  const secret = scryptSync(passphrase, Buffer.from(kdf.salt, 'base64'), 32, { N, r, p, maxmem: 256 * N * r });
  return readPrivateKey(openSecretbox(Buffer.from(ciphertext, 'base64'), Buffer.from(cipher.nonce, 'base64'), secret));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SignError('key-invalid', 'the cosign key is not what cosign writes', { cause });
  }
}
