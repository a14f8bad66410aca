/** Passwords and bearer secrets, as they are stored. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { ServerError } from '../error.ts';

const COST = { N: 1 << 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** Hashes a password with scrypt (RFC 7914); the result carries its parameters and salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST.N);
  return `scrypt$${COST.N}$${salt.toString('base64')}$${key.toString('base64')}`;
}

/** True when the password is the one that was hashed. Costs the same whether or not it is. */
export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const [scheme, cost, salt, key] = stored.split('$');
  if (scheme !== 'scrypt' || !cost || !salt || !key) return false;
  const expected = Buffer.from(key, 'base64');
  const actual = await derive(password, Buffer.from(salt, 'base64'), Number(cost));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

// Each takes 32 MB and a thread of the few that file access needs as well; a flood of sign-ins waits in line instead.
const MAX_DERIVING = 2;
const MAX_WAITING = 100;
let deriving = 0;
const waiting: (() => void)[] = [];

/** @throws ServerError `rate-limited` when too many wait already */
async function derive(password: string, salt: Buffer, n: number): Promise<Buffer> {
  if (deriving < MAX_DERIVING) deriving++;
  else {
    if (waiting.length >= MAX_WAITING)
      throw new ServerError('rate-limited', 'too many sign-ins at once; try again in a moment');
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  try {
    return await scryptKey(password, salt, n);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else deriving--;
  }
}

function scryptKey(password: string, salt: Buffer, n: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { ...COST, N: n }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

export type SecretKind = 'robot' | 'session' | 'cluster';
const PREFIX: Record<SecretKind, string> = { robot: 'prq_robot_', session: 'prq_session_', cluster: 'prq_cluster_' };

/** A new bearer secret of 256 random bits; the prefix lets secret scanners recognise a leaked one. */
export function makeSecret(kind: SecretKind): string {
  return PREFIX[kind] + randomBytes(32).toString('base64url');
}

/** Which kind a presented secret claims to be; null for something else, for example a password. */
export function secretKind(text: string): SecretKind | null {
  return (Object.keys(PREFIX) as SecretKind[]).find((kind) => text.startsWith(PREFIX[kind])) ?? null;
}

/** What is stored of a bearer secret: random enough that a plain hash suffices. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
