import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { createBlobCommits, type HeldBlob } from './commit-blobs.ts';

const { db } = await testDatabase();
const repositories = await asSystem(db, async (tx) => {
  await sql`insert into account (name) values ('a'), ('b')`.execute(tx);
  const { rows } = await sql<{ repository_id: string; account_id: string }>`
    insert into repository (account_id, name) select account_id, 'r' || n from account, generate_series(1, 3) n returning repository_id, account_id`.execute(
    tx,
  );
  return rows;
});
const blob = (n: number, of = repositories[n % repositories.length]): HeldBlob => ({
  repositoryId: of?.repository_id ?? '',
  accountId: of?.account_id ?? '',
  digest: `sha256:${createHash('sha256').update(String(n)).digest('hex')}`,
  size: n,
});
const held = async () =>
  (
    await asSystem(db, (tx) =>
      sql<{
        digest: string;
        repository_id: string;
        size: number;
      }>`select digest, repository_id, size from repository_blob join blob using (digest)`.execute(tx),
    )
  ).rows;

test('pushes of several accounts at once are all there when they are acknowledged', async () => {
  const commits = createBlobCommits(db);
  const blobs = Array.from({ length: 300 }, (_, n) => blob(n));
  await Promise.all(blobs.map((one) => commits.add(one)));
  const rows = await held();
  for (const one of blobs)
    expect(rows).toContainEqual({ digest: one.digest, repository_id: one.repositoryId, size: one.size });
});

test('the same blob by many, in one batch and again, is no conflict', async () => {
  const commits = createBlobCommits(db);
  const same = repositories.map((repository) => blob(5000, repository));
  await Promise.all([...same, ...same, ...same].map((one) => commits.add(one)));
  expect((await held()).filter((row) => row.digest === blob(5000).digest)).toHaveLength(repositories.length);
});

test('two processes that commit the same blobs in opposite orders do not wait for each other', async () => {
  const blobs = Array.from({ length: 200 }, (_, n) => blob(10_000 + n));
  const [one, two] = [createBlobCommits(db), createBlobCommits(db)];
  await Promise.all([...blobs.map((b) => one.add(b)), ...blobs.toReversed().map((b) => two.add(b))]);
});

test.each([
  ['a repository that went', () => ({ ...blob(1), repositoryId: randomUUID() }), { code: 'NAME_UNKNOWN' }],
  [
    'a repository of another account',
    () => ({ ...blob(1), accountId: repositories.find((r) => r.account_id !== blob(1).accountId)?.account_id ?? '' }),
    { code: 'NAME_UNKNOWN' },
  ],
  ['a size that no blob has', () => ({ ...blob(20_000), size: -1 }), { code: '23514' }],
])('%s fails alone; the others of its batch are kept', async (_, bad, error) => {
  const commits = createBlobCommits(db);
  const first = commits.add(blob(30_000)); // under way while the rest gathers
  const results = await Promise.allSettled([commits.add(blob(30_001)), commits.add(bad()), commits.add(blob(30_002))]);
  await first;
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: error });
});
