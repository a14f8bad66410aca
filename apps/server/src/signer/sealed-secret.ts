/** Secrets that are not keys (addresses and passwords that people gave us) at rest: under the master key, for one purpose. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { MasterKey } from '@pratique/sign';
import { z } from 'zod';
import { ServerError } from '../error.ts';

const Base64 = z.string().max(100_000);

/** Everything but nonce, ciphertext and tag is authenticated with them. */
export const SealedSecret = z.strictObject({
  version: z.literal(1),
  /** What it is for, for example `webhook/ID`: it opens nowhere else. */
  purpose: z.string().min(1).max(200),
  /** Names the master key without revealing it. */
  masterId: z.string(),
  salt: Base64,
  nonce: Base64,
  ciphertext: Base64,
  tag: Base64,
});
export type SealedSecret = z.infer<typeof SealedSecret>;

const keyOf = (master: MasterKey, salt: Buffer, purpose: string) =>
  Buffer.from(hkdfSync('sha256', master.secret, salt, `pratique/sealed-secret/v1/${purpose}`, 32));
const aadOf = (header: { purpose: string; masterId: string }) =>
  Buffer.from(`1\0${header.purpose}\0${header.masterId}`);

/** AES-256-GCM under a key of its own (HKDF-SHA-256 with a fresh salt). */
export function sealSecret(master: MasterKey, purpose: string, plain: string): SealedSecret {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const header = { version: 1 as const, purpose, masterId: master.id };
  const cipher = createCipheriv('aes-256-gcm', keyOf(master, salt, purpose), nonce).setAAD(aadOf(header));
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return {
    ...header,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** @throws ServerError `signer-failed` for another purpose, another master key, or bytes that were altered */
export function openSecret(masters: readonly MasterKey[], purpose: string, sealed: SealedSecret): string {
  if (sealed.purpose !== purpose)
    throw new ServerError('signer-failed', `the stored secret is for ${sealed.purpose}, not for ${purpose}`);
  const master = masters.find(({ id }) => id === sealed.masterId);
  if (!master)
    throw new ServerError(
      'signer-failed',
      `the stored secret needs the master key ${sealed.masterId}, which is not at hand`,
    );
  const [salt, nonce, ciphertext, tag] = [sealed.salt, sealed.nonce, sealed.ciphertext, sealed.tag].map((part) =>
    Buffer.from(part, 'base64'),
  ) as [Buffer, Buffer, Buffer, Buffer];
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(master, salt, purpose), nonce, { authTagLength: 16 });
    decipher.setAAD(aadOf(sealed)).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new ServerError('signer-failed', 'the stored secret was altered', { cause });
  }
}

/** The same secret under a new master key; the same object when it is under that one already. */
export function resealSecret(sealed: SealedSecret, masters: readonly MasterKey[], next: MasterKey): SealedSecret {
  return sealed.masterId === next.id
    ? sealed
    : sealSecret(next, sealed.purpose, openSecret(masters, sealed.purpose, sealed));
}
