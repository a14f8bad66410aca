import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { hashSecret, makeSecret } from '../auth/secret.ts';
import { asSystem } from '../db/connect.ts';
import { openApp } from './app.fixture.ts';

const { db, openSession, ask } = await openApp();
const robot = makeSecret('robot');
const admin = await openSession();
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
const get = async (url: string, token: string) => (await ask('GET', url, token)).json() as unknown;

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
  const answer = await ask('POST', '/api/v1/accounts/vendor/exceptions', admin, {
    kind: 'policy',
    selector: { constraint: `_${'Long'.repeat(45)}` },
    reason: 'because it is so long',
  });
  expect(answer.statusCode).toBe(201);
});
