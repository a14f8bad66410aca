/** Turns credentials into a principal, from memory while the feed is current, and forgets at once what changed. */
import { createHash } from 'node:crypto';
import type { Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import type { FeedEvent } from '../feed/follow-feed.ts';
import { loadById, loadByPassword, loadBySecret } from './load-principal.ts';
import type { Principal } from './principal.ts';
import { secretKind } from './secret.ts';

export type Authenticator = {
  /** Basic credentials: a person's password, or a robot's or session's secret as the password of any name. */
  basic(user: string, password: string, address: string): Promise<Principal | null>;
  /** A robot's or session's secret. */
  bearer(secret: string): Promise<Principal | null>;
  /** The bearer of a registry token. Synchronous from memory when it can be. */
  byId(id: string): Principal | Promise<Principal | null>;
  forget(events: FeedEvent[]): void;
};

const KEEP_MS = 300_000;
const MAX_ENTRIES = 20_000;
const FAILURES_PER_MINUTE = 20;

type Failures = { count: number; until: number };
type Entry = { principal: Principal; until: number };

/** @param isCurrent whether the change feed is; when it is not, every answer comes from the database */
export function createAuthenticator(db: Db, isCurrent: () => boolean): Authenticator {
  const known = new Map<string, Entry>();
  const failures = new Map<string, Failures>();
  let generation = 0;

  function recall(key: string): Principal | null {
    const entry = known.get(key);
    if (!entry || !isCurrent()) return null;
    const now = Date.now();
    if (entry.until > now && (entry.principal.expiresAt ?? Infinity) > now) return entry.principal;
    known.delete(key);
    return null;
  }

  async function resolve(key: string, load: () => Promise<Principal | null>): Promise<Principal | null> {
    const hit = recall(key);
    if (hit) return hit;
    const before = generation;
    const principal = await load();
    // What was read before a change arrived must not be remembered after it.
    if (principal && before === generation) {
      if (known.size >= MAX_ENTRIES) known.clear();
      known.set(key, { principal, until: Date.now() + KEEP_MS });
    }
    return principal;
  }

  return {
    async basic(user, password, address) {
      const key = fingerprint('basic', user, password);
      const hit = recall(key);
      if (hit) return hit;
      const throttle = `${user}\n${address}`;
      const failed = failures.get(throttle);
      if (failed && failed.until > Date.now() && failed.count >= FAILURES_PER_MINUTE)
        throw new ServerError('rate-limited', 'too many failed sign-ins; wait a minute');
      const bySecret = secretKind(password) === null ? null : await loadBySecret(db, password);
      if (bySecret) return bySecret;
      // Counted before it is known to have failed: guesses sent all at once are counted too.
      const attempt = noteFailure(failures, throttle);
      const principal = await resolve(key, () => loadByPassword(db, user, password));
      if (principal) attempt.count--;
      return principal;
    },
    bearer: (secret) => resolve(fingerprint('secret', secret), () => loadBySecret(db, secret)),
    byId: (id) => recall(`id ${id}`) ?? resolve(`id ${id}`, () => loadById(db, id)),
    forget(events) {
      const changed = new Set(
        events.filter((event) => event.type === 'principal.changed').map((event) => event.subject),
      );
      if (changed.size === 0) return;
      generation++;
      for (const [key, entry] of known) if (changed.has(entry.principal.id)) known.delete(key);
    },
  };
}

function noteFailure(failures: Map<string, Failures>, key: string): Failures {
  if (failures.size > 10_000) failures.clear();
  const entry = failures.get(key);
  if (entry && entry.until >= Date.now()) {
    entry.count++;
    return entry;
  }
  const fresh = { count: 1, until: Date.now() + 60_000 };
  failures.set(key, fresh);
  return fresh;
}

function fingerprint(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('base64');
}
