import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { createLookup } from './lookup.ts';

const { db } = await testDatabase();
const [OLD, NEW] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
const repositoryId = await asSystem(db, async (tx) => {
  for (const digest of [OLD, NEW])
    await sql`insert into manifest (digest, media_type, runnable, size, bytes) values (${digest}, 'x', true, 1, 'x')`.execute(
      tx,
    );
  const { rows } = await sql<{ repository_id: string }>`
    with a as (insert into account (name) values ('acme') returning account_id),
         r as (insert into repository (account_id, name) select account_id, 'app' from a returning repository_id, account_id),
         m as (insert into repository_manifest (repository_id, account_id, digest, pushed_by) select repository_id, account_id, d, 'x' from r, unnest(${[OLD, NEW]}::text[]) d returning repository_id, account_id, digest),
         t as (insert into tag (repository_id, account_id, name, digest) select repository_id, account_id, 'v1', digest from m where digest = ${OLD} returning 1)
    select repository_id from r, (select count(*) from t) made`.execute(tx);
  return rows[0]?.repository_id ?? '';
});
const hold = (isHeld: boolean) =>
  asSystem(db, (tx) =>
    isHeld
      ? sql`insert into repository_manifest (repository_id, account_id, digest, pushed_by) select repository_id, account_id, ${NEW}, 'x' from repository where repository_id = ${repositoryId} on conflict do nothing`.execute(
          tx,
        )
      : sql`delete from repository_manifest where repository_id = ${repositoryId} and digest = ${NEW}`.execute(tx),
  );
const event = (type: string) => ({
  accountId: null,
  seq: 1,
  at: new Date(),
  subject: '',
  type,
  data: { repositoryId, digest: NEW },
});

test('a digest is remembered until the feed tells of a deletion', async () => {
  await hold(true);
  const lookup = createLookup(db, () => true);
  const resolve = async () => (await lookup.resolve('acme', 'app', null, NEW))?.digest;
  expect(await resolve()).toBe(NEW);
  await hold(false);
  lookup.apply([event('tag.pushed')]);
  expect(await resolve()).toBe(NEW);
  lookup.apply([event('manifest.deleted')]);
  expect(await resolve()).toBe(undefined);
});

test('a tag is asked for each time', async () => {
  await hold(true);
  const lookup = createLookup(db, () => true);
  const resolve = async () => (await lookup.resolve('acme', 'app', 'v1', null))?.digest;
  expect(await resolve()).toBe(OLD);
  await asSystem(db, (tx) => sql`update tag set digest = ${NEW} where repository_id = ${repositoryId}`.execute(tx));
  expect(await resolve()).toBe(NEW);
  await asSystem(db, (tx) => sql`update tag set digest = ${OLD} where repository_id = ${repositoryId}`.execute(tx));
});

test('while the feed is late nothing is taken from memory', async () => {
  await hold(true);
  let current = true;
  const lookup = createLookup(db, () => current);
  await lookup.resolve('acme', 'app', null, NEW);
  await hold(false);
  current = false;
  expect(await lookup.resolve('acme', 'app', null, NEW)).toBe(null);
});

test('what is deleted while it is read is not remembered', async () => {
  await hold(true);
  const lookup = createLookup(db, () => true);
  const reading = lookup.resolve('acme', 'app', null, NEW);
  lookup.apply([event('manifest.deleted')]);
  await reading;
  await hold(false);
  expect(await lookup.resolve('acme', 'app', null, NEW)).toBe(null);
});

test.each([
  ['no such repository', 'other', 'v1', null],
  ['no such tag', 'app', 'v2', null],
  ['no such digest', 'app', null, `sha256:${'c'.repeat(64)}`],
])('%s is asked for each time', async (_, name, tag, digest) => {
  const lookup = createLookup(db, () => true);
  expect(await lookup.resolve('acme', name, tag, digest)).toBe(null);
  expect(await lookup.resolve('acme', name, tag, digest)).toBe(null);
});
