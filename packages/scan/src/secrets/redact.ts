/** What may be said of a secret: its fingerprint, and text without it. */
import { createHmac } from 'node:crypto';

/** @param secret in latin1: one character for each byte */
export function fingerprintOf(salt: Buffer, kind: string, secret: string): string {
  return createHmac('sha256', salt).update(kind).update('\0').update(Buffer.from(secret, 'latin1')).digest('hex');
}

/** Shows the beginning of the format alone; the length says nothing about the secret's. */
export function redact(shown: string): string {
  return `${shown.slice(0, 80)}…`;
}

/** Takes a secret out of other text, such as a file's name. */
export function without(text: string, secret: string): string {
  return secret.length < 4
    ? text
    : text.replaceAll(secret, '…').replaceAll(Buffer.from(secret, 'latin1').toString('utf8'), '…');
}
