import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { makeAccount, makeException, makeVerdict } from '../gate/account.fixture.ts';
import { tellWhatEnds } from './tell-what-ends.ts';

const { db } = await testDatabase();
const account = await asSystem(db, (tx) => makeAccount(tx, 'acme'));
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

beforeEach(() =>
  asSystem(db, (tx) => sql`delete from exception`.execute(tx)).then(() =>
    sql`delete from graphile_worker._private_jobs`.execute(db),
  ),
);

const events = async () =>
  (
    await asSystem(db, (tx) =>
      sql<{ type: string; subject: string }>`select type, subject from outbox order by seq`.execute(tx),
    )
  ).rows.map(({ type, subject }) => `${type} ${subject.slice(-4)}`);
const jobs = async () => (await sql`select 1 from graphile_worker.jobs`.execute(db)).rows.length;
const tell = () => asSystem(db, tellWhatEnds);

test('a verdict is told of a day before it ends and when it ended, once each; a denial ends in silence', async () => {
  await asSystem(db, async (tx) => {
    await makeVerdict(tx, account, digest('a'), { validFor: '20 hours' });
    await makeVerdict(tx, account, digest('b'), { validFor: '-1 second' });
    await makeVerdict(tx, account, digest('c'), { validFor: '-1 second', decision: 'deny' });
    await makeVerdict(tx, account, digest('d'), { validFor: '2 days' });
  });
  expect(await tell()).toBe(false);
  await tell();
  expect(await events()).toEqual(['verdict.ending aaaa', 'verdict.expired bbbb']);
  const { rows } = await asSystem(db, (tx) =>
    sql<{ state: string }>`select state from verdict order by digest`.execute(tx),
  );
  expect(rows.map((row) => row.state)).toEqual(['valid', 'expired', 'valid', 'valid']);
});

test('more verdicts than are told of at once are told of at once the next time', async () => {
  await asSystem(db, async (tx) => {
    for (let n = 0; n < 201; n++)
      await makeVerdict(tx, account, `sha256:${String(n).padStart(64, '0')}`, { validFor: '-1 second' });
  });
  expect([await tell(), await tell()]).toEqual([true, false]);
});

test.each([
  ['finding', 1],
  ['policy', 1],
  ['break-glass', 0],
])('verdicts are looked at again when an exception of the kind %s ends: %i', async (kind, marked) => {
  await asSystem(db, (tx) => makeException(tx, account, 'over', kind, '-1 second'));
  await tell();
  expect((await events()).at(-1)).toBe('exception.expired over');
  expect(await jobs()).toBe(marked);
});
