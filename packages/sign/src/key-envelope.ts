/** Private keys at rest: encrypted under a master key that lives outside the database. */
import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { canonicalJson } from '@pratique/contract';
import { z } from 'zod';
import { SignError } from './error.ts';
import { createSigner, readPrivateKey } from './key.ts';

const Base64 = z
  .string()
  .max(8192)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'must be base64');

/** What is stored. Everything but nonce, ciphertext and tag is authenticated with them. */
export const KeyEnvelope = z.strictObject({
  version: z.literal(1),
  algorithm: z.literal('hkdf-sha256+aes-256-gcm'),
  /** Fingerprint of the public key. */
  keyId: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** What the key is for, for example `account/acme`: a key cannot be moved to another place. */
  purpose: z.string().min(1).max(200),
  /** Names the master key without revealing it, so that rotation knows what is still to do. */
  masterId: z.string().regex(/^[0-9a-f]{16}$/),
  salt: Base64,
  nonce: Base64,
  ciphertext: Base64,
  tag: Base64,
});
export type KeyEnvelope = z.infer<typeof KeyEnvelope>;

/** 32 bytes and their name. */
export type MasterKey = { readonly id: string; readonly secret: Buffer };

const INFO = 'pratique/key-envelope/v1/';

/**
 * Reads a master key: 32 bytes in base64 or hex, white space around it ignored.
 * @throws SignError `key-invalid`
 */
export function parseMasterKey(text: string): MasterKey {
  const trimmed = text.trim();
  const secret = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (secret.length !== 32 || !/^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/.test(trimmed))
    throw new SignError(
      'key-invalid',
      'a master key is 32 bytes in base64 or hex (for example from `openssl rand -base64 32`)',
    );
  return createMasterKey(secret);
}

/** A new random master key; `secret.toString('base64')` is what is kept. */
export function generateMasterKey(): MasterKey {
  return createMasterKey(randomBytes(32));
}

function createMasterKey(secret: Buffer): MasterKey {
  const id = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'pratique/master-key-id/v1', 8)).toString('hex');
  return { id, secret };
}

/** Encrypts a private key for one purpose. */
export function encryptKey(privateKey: KeyObject, purpose: string, master: MasterKey): KeyEnvelope {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const header = {
    version: 1 as const,
    algorithm: 'hkdf-sha256+aes-256-gcm' as const,
    keyId: createSigner(privateKey).publicKey.fingerprint,
    purpose,
    masterId: master.id,
    salt: salt.toString('base64'),
  };
  const cipher = createCipheriv('aes-256-gcm', derive(master, salt, purpose), nonce).setAAD(aad(header));
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' });
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  return KeyEnvelope.parse({
    ...header,
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  });
}

/**
 * Decrypts a private key.
 *
 * @param purpose what the caller is about to use the key for; must be what it was encrypted for
 * @throws SignError `envelope-invalid` (form, or altered), `key-locked` (another master key or purpose)
 */
export function decryptKey(stored: unknown, purpose: string, masters: readonly MasterKey[]): KeyObject {
  const parsed = KeyEnvelope.safeParse(stored);
  if (!parsed.success)
    throw new SignError(
      'envelope-invalid',
      `the stored key is invalid: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
    );
  const { nonce, ciphertext, tag, ...header } = parsed.data;
  if (header.purpose !== purpose)
    throw new SignError('key-locked', `the stored key is for ${header.purpose}, not for ${purpose}`);
  const master = masters.find(({ id }) => id === header.masterId);
  if (!master)
    throw new SignError('key-locked', `the stored key needs the master key ${header.masterId}, which is not at hand`);
  const plain = open({ header, master, nonce, ciphertext, tag });
  const key = readPrivateKey(plain);
  plain.fill(0);
  if (createSigner(key).publicKey.fingerprint !== header.keyId)
    throw new SignError('envelope-invalid', `the stored key is not ${header.keyId}`);
  return key;
}

/**
 * Encrypts a stored key under a new master key. Answers the same envelope when it is under that one already.
 * @throws SignError as decryptKey
 */
export function rewrapKey(stored: KeyEnvelope, masters: readonly MasterKey[], next: MasterKey): KeyEnvelope {
  if (stored.masterId === next.id) return stored;
  return encryptKey(decryptKey(stored, stored.purpose, masters), stored.purpose, next);
}

type Header = Omit<KeyEnvelope, 'nonce' | 'ciphertext' | 'tag'>;

function open(sealed: { header: Header; master: MasterKey; nonce: string; ciphertext: string; tag: string }): Buffer {
  const { header, master } = sealed;
  try {
    const key = derive(master, Buffer.from(header.salt, 'base64'), header.purpose);
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.nonce, 'base64'), { authTagLength: 16 });
    decipher.setAAD(aad(header)).setAuthTag(Buffer.from(sealed.tag, 'base64'));
    return Buffer.concat([decipher.update(Buffer.from(sealed.ciphertext, 'base64')), decipher.final()]);
  } catch (cause) {
    throw new SignError('envelope-invalid', `the stored key ${header.keyId} was altered or is damaged`, { cause });
  }
}

/** One key per envelope and purpose: no nonce is ever used twice with one key. */
function derive(master: MasterKey, salt: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master.secret, salt, INFO + purpose, 32));
}

function aad(header: Header): Buffer {
  return Buffer.from(canonicalJson(header), 'utf8');
}
