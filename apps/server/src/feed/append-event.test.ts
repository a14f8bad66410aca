import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, type Tx } from '../db/connect.ts';
import { appendEvent, appendEvents } from './append-event.ts';

const { db } = await testDatabase();
const [one, two] = await asSystem(db, async (tx) => {
  const { rows } = await sql<{
    id: string;
  }>`insert into account (name) values ('one'), ('two') returning account_id as id`.execute(tx);
  return rows.map((row) => row.id);
});
const event = (accountId: string | undefined, type: string) => ({
  accountId: accountId ?? '',
  subject: 's',
  type,
  data: { type },
});
const feedOf = async (tx: Tx, accountId: string | undefined) =>
  (
    await sql<{
      seq: number;
      type: string;
    }>`select seq, type from outbox where account_id = ${accountId} order by seq`.execute(tx)
  ).rows.map((row) => `${row.seq} ${row.type}`);

test('several events of several accounts are numbered in their order, each account by itself', async () => {
  await asSystem(db, (tx) => appendEvent(tx, event(one, 'first')));
  await asSystem(db, (tx) => appendEvents(tx, [event(two, 'a'), event(one, 'b'), event(two, 'c'), event(one, 'd')]));
  await asSystem(db, (tx) => appendEvents(tx, []));
  await asSystem(db, (tx) => appendEvent(tx, event(two, 'last')));
  expect(await asSystem(db, (tx) => feedOf(tx, one))).toEqual(['1 first', '2 b', '3 d']);
  expect(await asSystem(db, (tx) => feedOf(tx, two))).toEqual(['1 a', '2 c', '3 last']);
});

test('many who append at once leave no gap and wait for nobody in a circle', async () => {
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      asSystem(db, (tx) =>
        n % 3 === 0
          ? appendEvent(tx, event(one, `single-${n}`))
          : appendEvents(
              tx,
              n % 2 ? [event(one, `x-${n}`), event(two, `x-${n}`)] : [event(two, `y-${n}`), event(one, `y-${n}`)],
            ),
      ),
    ),
  );
  for (const account of [one, two]) {
    const seqs = (await asSystem(db, (tx) => feedOf(tx, account))).map((line) => Number(line.split(' ')[0]));
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => n + 1));
    const { rows } = await asSystem(db, (tx) =>
      sql<{ seq: number }>`select outbox_seq as seq from account where account_id = ${account}`.execute(tx),
    );
    expect(rows[0]?.seq).toBe(seqs.length);
  }
});

test('two who both wrote a row of the account before they append do not wait for each other in a circle', async () => {
  let attempts = 0;
  let written = 0;
  const both = Promise.withResolvers<void>();
  const writeAndAppend = (name: string) =>
    asSystem(db, async (tx) => {
      attempts++;
      // The reference holds a lock on the account's row that lets others refer to it too.
      await sql`insert into repository (account_id, name) values (${one}, ${name})`.execute(tx);
      if (++written === 2) both.resolve();
      await both.promise;
      await appendEvents(tx, [event(one, name)]);
    });
  await Promise.all([writeAndAppend('left'), writeAndAppend('right')]);
  expect(attempts).toBe(2);
});
