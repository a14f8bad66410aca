/** Private keys that everybody has: their owners published them, so they are nobody's secret. */
import { createHash } from 'node:crypto';

/** SHA-256 of the public part: the SubjectPublicKeyInfo, or the public key as SSH writes it. */
const KNOWN: ReadonlySet<string> = new Set<string>([]);

/** @param publicKey DER of the SubjectPublicKeyInfo, or OpenSSH's public key blob */
export function isPublicKnowledge(publicKey: Buffer): boolean {
  return KNOWN.has(createHash('sha256').update(publicKey).digest('hex'));
}
