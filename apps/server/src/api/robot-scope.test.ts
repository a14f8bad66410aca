import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { ensureFirstAccounts } from '../auth/first-start.ts';
import { insertSession } from '../auth/insert-session.ts';
import { hashSecret, makeSecret } from '../auth/secret.ts';
import type { BlobStore } from '../blobs/store.ts';
import { readConfig } from '../config.ts';
import { asSystem } from '../db/connect.ts';
import { accountRoutes } from './accounts.ts';
import { createApp } from './app.ts';
import { exceptionRoutes } from './exceptions.ts';
import { imageRoutes } from './images.ts';

const { db } = await testDatabase();
await ensureFirstAccounts(db, 'first password');
const authenticator = createAuthenticator(db, () => true);
const app = await createApp({
  config: readConfig({}, '/nowhere'),
  log: pino({ level: 'silent' }),
  registry: () => {},
  authenticator,
  requestId: () => 'request-1',
});
accountRoutes(app, { db, authenticator });
imageRoutes(app, { db, store: {} as BlobStore });
exceptionRoutes(app, { db });

const robot = makeSecret('robot');
const admin = makeSecret('session');
const digest = `sha256:${'c'.repeat(64)}`;
await asSystem(db, async (tx) => {
  await sql`
    with a as (select account_id from account where name = 'vendor')
    insert into robot (account_id, name, role, repositories, token_hash, created_by, expires_at)
    select account_id, 'ci', 'developer', '{team/*}', ${hashSecret(robot)}, 'admin', now() + interval '1 day' from a`.execute(
    tx,
  );
  await sql`insert into manifest (digest, media_type, runnable, size, bytes) values (${digest}, 'x', true, 1, 'x')`.execute(
    tx,
  );
  await sql`
    with a as (select account_id from account where name = 'vendor'),
         r as (insert into repository (account_id, name) select account_id, unnest('{team/app,secret/one,secret/two}'::text[]) from a returning *),
         m as (insert into repository_manifest (repository_id, account_id, digest, pushed_by) select repository_id, account_id, ${digest}, 'x' from r returning *)
    insert into tag (repository_id, account_id, name, digest, updated_at)
    select m.repository_id, m.account_id, 'v1', m.digest, now() + case r.name when 'team/app' then interval '0' else interval '1 hour' end
    from m join r using (repository_id)`.execute(tx);
});
const personId = (await sql<{ person_id: string }>`select person_id from person`.execute(db)).rows[0]?.person_id ?? '';
await insertSession(db, personId, admin, 'cli', 1, { ...SYSTEM_ACTOR, name: 'admin' });
const get = async (url: string, token: string) =>
  (await app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } })).json() as unknown;

test('a robot of some repositories finds its images on the first page, and no trace of the others', async () => {
  expect(await get('/api/v1/accounts/vendor/images?limit=1', robot)).toMatchObject([{ repository: 'team/app' }]);
  expect(await get('/api/v1/accounts/vendor/images?limit=1&offset=1', robot)).toEqual([]);
  expect(await get('/api/v1/accounts', robot)).toMatchObject([{ name: 'vendor', repositories: 1, images: 1 }]);
  expect(await get('/api/v1/accounts/vendor/images', admin)).toHaveLength(3);
});

test('text that the database cannot hold is the caller’s fault', async () => {
  expect(await get('/api/v1/accounts/vendor/images?search=%00', admin)).toMatchObject({ error: { code: 'invalid' } });
});

test('an exception for a long name gets a name that is allowed', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/accounts/vendor/exceptions',
    headers: { authorization: `Bearer ${admin}` },
    payload: { kind: 'policy', selector: { constraint: `_${'Long'.repeat(45)}` }, reason: 'because it is so long' },
  });
  expect(answer.statusCode).toBe(201);
});
