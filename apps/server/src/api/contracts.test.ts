import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { ensureFirstAccounts } from '../auth/first-start.ts';
import { insertSession } from '../auth/insert-session.ts';
import { makeSecret } from '../auth/secret.ts';
import { readConfig } from '../config.ts';
import { asSystem } from '../db/connect.ts';
import { createApp } from './app.ts';
import { deliveryRoutes } from './deliveries.ts';

const { db } = await testDatabase();
await ensureFirstAccounts(db, 'first password');
const app = await createApp({
  config: readConfig({}, '/nowhere'),
  log: pino({ level: 'silent' }),
  registry: () => {},
  authenticator: createAuthenticator(db, () => true),
  requestId: () => 'request-1',
});
deliveryRoutes(app, { db });
const token = makeSecret('session');
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
const person = (await sql<{ person_id: string }>`select person_id from person`.execute(db)).rows[0]?.person_id ?? '';
await insertSession(db, person, token, 'cli', 1, { ...SYSTEM_ACTOR, name: 'admin' });

const end = async (account: string) =>
  (
    await app.inject({
      method: 'DELETE',
      url: `/api/v1/accounts/${account}/contracts/${contract}`,
      headers: { authorization: `Bearer ${token}` },
    })
  ).statusCode;

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
