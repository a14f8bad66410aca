import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { SYSTEM_ACTOR } from './audit.ts';
import { createAuthenticator } from './authenticator.ts';
import { ensureFirstAccounts } from './first-start.ts';
import { insertSession } from './insert-session.ts';
import { makeSecret } from './secret.ts';

const { db, pool } = await testDatabase();
await ensureFirstAccounts(db, 'the right password');
const personId = await asSystem(db, async (tx) =>
  String((await sql<{ person_id: string }>`select person_id from person`.execute(tx)).rows[0]?.person_id),
);

test('guesses that are sent all at once are counted like those one after the other', async () => {
  const authenticator = createAuthenticator(db, () => true);
  const guesses = await Promise.allSettled(
    Array.from({ length: 40 }, (_, n) => authenticator.basic('admin', `guess ${n}`, '192.0.2.1')),
  );
  const refused = guesses.filter((guess) => guess.status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(20);
  for (const guess of refused) expect(guess.reason).toMatchObject({ code: 'rate-limited' });
  // Somebody else's address is not held up by it.
  expect(await authenticator.basic('admin', 'the right password', '192.0.2.2')).toMatchObject({ name: 'admin' });
});

test('passwords are checked while no connection of the database is held', async () => {
  const authenticator = createAuthenticator(db, () => false);
  const checks = Array.from({ length: 15 }, (_, n) => authenticator.basic(`nobody ${n}`, 'x', '192.0.2.3'));
  await expect.poll(() => pool.idleCount === pool.totalCount && pool.totalCount > 0).toBe(true);
  expect(await Promise.all(checks)).toEqual(Array(15).fill(null));
});

test('a session ends at its time, though it was seen a moment ago', async () => {
  const authenticator = createAuthenticator(db, () => true);
  const secret = makeSecret('session');
  await insertSession(db, personId, secret, 'browser', 1, SYSTEM_ACTOR);
  await asSystem(db, (tx) => sql`update session set expires_at = now() + interval '1 second'`.execute(tx));
  expect(await authenticator.bearer(secret)).toMatchObject({ name: 'admin' });
  await expect.poll(() => authenticator.bearer(secret), { timeout: 10_000 }).toBeNull();
});
