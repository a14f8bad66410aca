import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from './connect.ts';
import { migrate } from './migrate.ts';

const { db, pool } = await testDatabase();

test('a migrated database has nothing left to migrate', async () => {
  expect(await migrate(db, pool)).toEqual([]);
});

test('every table with account_id refuses a tenant the rows of another account', async () => {
  const { rows } = await sql<{ name: string; guarded: boolean }>`
    select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as guarded
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`.execute(db);
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !row.guarded)).toEqual([]);
});

test('a tenant sees its own account and no other, and cannot write into another', async () => {
  const [a, b] = await asSystem(db, async (tx) => {
    const { rows } = await sql<{
      account_id: string;
    }>`insert into account (name) values ('a'), ('b') returning account_id`.execute(tx);
    return rows.map((row) => row.account_id);
  });
  const seen = await asTenant(
    db,
    [a!],
    async (tx) => (await sql<{ name: string }>`select name from account`.execute(tx)).rows,
  );
  expect(seen).toEqual([{ name: 'a' }]);
  const intrusion = asTenant(db, [a!], (tx) =>
    sql`insert into repository (account_id, name) values (${b}, 'x')`.execute(tx),
  );
  await expect(intrusion).rejects.toThrow(/row-level security/);
});

test('a database made by a newer version is refused', async () => {
  await sql`insert into migration (name) values ('9999-later.sql')`.execute(db);
  await expect(migrate(db, pool)).rejects.toThrow(/newer version/);
  await sql`delete from migration where name = '9999-later.sql'`.execute(db);
});
