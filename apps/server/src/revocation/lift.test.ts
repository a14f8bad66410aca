import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { asSystem } from '../db/connect.ts';
import { makeAccount, makeImage, makeIndex, makeVerdict } from '../gate/account.fixture.ts';
import { liftRevocation } from './lift.ts';
import { lockDigests } from './lock-digests.ts';
import { revokeImage } from './revoke.ts';

const { db } = await testDatabase();
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const account = await asSystem(db, async (tx) => {
  const made = await makeAccount(tx, 'acme');
  await makeImage(tx, made, digest('a'));
  await makeIndex(tx, made, digest('1'), [digest('a')]);
  // An index that lists an index.
  await makeIndex(tx, made, digest('2'), [digest('1')]);
  for (const letter of ['a', '1', '2']) await makeVerdict(tx, made, digest(letter));
  return made;
});
const order = {
  accountId: account.accountId,
  account: 'acme',
  repository: null,
  reason: 'it leaks',
  actor: SYSTEM_ACTOR,
};
const revoke = (letter: string) => asSystem(db, (tx) => revokeImage(tx, { ...order, digest: digest(letter) }));
const lift = (letter: string) => asSystem(db, (tx) => liftRevocation(tx, { ...order, digest: digest(letter) }));
const judgedAnew = async () =>
  (
    await asSystem(db, (tx) =>
      sql<{ subject: string }>`
        update run set finished_at = now(), state = 'failed' where finished_at is null returning subject_digest as subject`.execute(
        tx,
      ),
    )
  ).rows
    .map((row) => row.subject.charAt(7))
    .sort();

test('all that a revocation took along is judged anew when it is lifted, however far above', async () => {
  expect((await revoke('a')).verdicts.map((one) => one.digest.charAt(7)).sort()).toEqual(['1', '2', 'a']);
  expect(await lift('a')).toEqual(['app']);
  expect(await judgedAnew()).toEqual(['1', '2', 'a']);
  await expect(lift('a')).rejects.toMatchObject({ code: 'not-found' });
});

test('a revocation is not lifted while a gate decides on one of the platforms that it took along', async () => {
  await asSystem(db, (tx) => sql`update verdict set state = 'valid'`.execute(tx));
  await revoke('1');
  const decided = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const gate = asSystem(db, async (tx) => {
    await lockDigests(tx, account.accountId, [digest('a')]);
    locked.resolve();
    await decided.promise;
    return 'gate';
  });
  await locked.promise;
  const lifting = lift('1').then(() => 'lift');
  const waiting = await waitsForLock();
  decided.resolve();
  expect(waiting).toBe(true);
  expect(await Promise.all([gate, lifting])).toEqual(['gate', 'lift']);
});

/** Whether somebody waits for an advisory lock in this database; looked at until the one who would is done. */
async function waitsForLock(): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    const { rows } = await sql`
      select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`.execute(
      db,
    );
    if (rows.length > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}
