import { mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { openBlobStore } from '../blobs/store.ts';
import { asSystem } from '../db/connect.ts';
import { sweep } from './housekeeping.ts';

const { db } = await testDatabase();
const root = await mkdtemp(join(tmpdir(), 'pratique-sweep-'));
const store = await openBlobStore(root);
afterAll(() => rm(root, { recursive: true, force: true }));

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

test('an abandoned upload goes, one that is under way and a stored blob stay', async () => {
  const old = '00000000-0000-4000-8000-000000000001';
  const young = '00000000-0000-4000-8000-000000000002';
  await store.upload(old).append(bytes('old'), 100, null);
  await store.upload(young).append(bytes('young'), 100, null);
  const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
  for (const path of ['at-3', '']) await utimes(join(root, 'uploads', old, path), twoDaysAgo, twoDaysAgo);
  const blob = await store.put(Buffer.from('blob'));
  expect(await sweep(db, store, new Date())).toMatchObject({ uploads: 1 });
  expect(await stat(join(root, 'uploads', old)).catch(() => null)).toBeNull();
  expect(await store.upload(young).look()).toEqual({ state: 'open', size: 5 });
  expect(await store.has(blob)).toBe(true);
});

test('a session goes when it has ended, not before', async () => {
  await asSystem(db, async (tx) => {
    await sql`insert into person (name, password_hash) values ('p', 'x')`.execute(tx);
    await sql`
      insert into session (token_hash, person_id, kind, expires_at)
      select decode(v.hash, 'hex'), person_id, 'cli', now() + v.life::interval from person, (values ('01', '-1 hour'), ('02', '1 hour')) as v (hash, life)`.execute(
      tx,
    );
  });
  expect(await sweep(db, store, new Date())).toMatchObject({ sessions: 1 });
  expect(await sweep(db, store, new Date())).toMatchObject({ sessions: 0 });
});
