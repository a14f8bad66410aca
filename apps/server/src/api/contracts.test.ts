import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { asSystem } from '../db/connect.ts';
import { openApp } from './app.fixture.ts';

const { db, openSession, ask } = await openApp();
const contract = await asSystem(db, async (tx) => {
  await sql`
    with a as (insert into account (name) values ('stranger') returning account_id)
    insert into membership (account_id, person_id, role) select a.account_id, p.person_id, 'owner' from a, person p`.execute(
    tx,
  );
  const { rows } = await sql<{ contract_id: string }>`
    insert into contract (from_account_id, to_account_id, from_repositories, to_repositories, offered_by)
    select f.account_id, t.account_id, '{**}', '{**}', 'x' from account f, account t where f.name = 'vendor' and t.name = 'customer'
    returning contract_id`.execute(tx);
  return rows[0]?.contract_id ?? '';
});
const token = await openSession();

const end = async (account: string) =>
  (await ask('DELETE', `/api/v1/accounts/${account}/contracts/${contract}`, token)).statusCode;

test('either party ends a contract, nobody else does, and both learn of it', async () => {
  expect(await end('stranger')).toBe(404);
  expect(await end('customer')).toBe(204);
  expect(await end('vendor')).toBe(404);
  const { rows } = await sql<{ name: string; type: string }>`
    select a.name, o.type from outbox o join account a using (account_id) order by a.name`.execute(db);
  expect(rows).toEqual([
    { name: 'customer', type: 'contract.ended' },
    { name: 'vendor', type: 'contract.ended' },
  ]);
});
