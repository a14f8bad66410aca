import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from './connect.ts';

const { db } = await testDatabase();
const [a = '', b = ''] = await asSystem(db, async (tx) =>
  (
    await sql<{ account_id: string }>`insert into account (name) values ('a'), ('b') returning account_id`.execute(tx)
  ).rows.map((row) => row.account_id),
);

test('of two transactions that wait for each other, the one that is ended is done again', async () => {
  const lock = (id: string) => sql`update account set outbox_seq = outbox_seq + 1 where account_id = ${id}`;
  let reached = 0;
  const both = Promise.withResolvers<void>();
  const cross = (first: string, second: string) =>
    asSystem(db, async (tx) => {
      await lock(first).execute(tx);
      if (++reached === 2) both.resolve();
      await both.promise;
      await lock(second).execute(tx);
    });
  await Promise.all([cross(a, b), cross(b, a)]);
  const { rows } = await sql<{ outbox_seq: number }>`select outbox_seq from account`.execute(db);
  expect(rows).toEqual([{ outbox_seq: 2 }, { outbox_seq: 2 }]);
});

test('a tenant sees and writes its own rows, and none that belong to the instance', async () => {
  const insert = (accountId: string | null) =>
    sql`insert into audit (account_id, actor, action, subject, request_id) values (${accountId}, 'x', 'x', 'x', 'x')`;
  await asSystem(db, async (tx) => {
    await insert(null).execute(tx);
    await insert(b).execute(tx);
  });
  await asTenant(db, [a], (tx) => insert(a).execute(tx));
  await expect(asTenant(db, [a], (tx) => insert(b).execute(tx))).rejects.toThrow(/row-level security/);
  await expect(asTenant(db, [a], (tx) => insert(null).execute(tx))).rejects.toThrow(/row-level security/);
  const seen = await asTenant(db, [a], (tx) => sql<{ account_id: string }>`select account_id from audit`.execute(tx));
  expect(seen.rows).toEqual([{ account_id: a }]);
});

test.each(['person', 'session', 'authority', 'worker_lease', 'principal_change', 'migration'])(
  'a tenant may not read %s',
  async (table) => {
    await expect(asTenant(db, [a], (tx) => sql`select from ${sql.table(table)}`.execute(tx))).rejects.toThrow(
      /permission denied/,
    );
  },
);

test.each(['audit', 'tag_event', 'verdict_history', 'outbox', 'receipt', 'admission_review'])(
  'a tenant may not rewrite %s',
  async (table) => {
    await expect(asTenant(db, [a], (tx) => sql`delete from ${sql.table(table)}`.execute(tx))).rejects.toThrow(
      /permission denied/,
    );
  },
);
