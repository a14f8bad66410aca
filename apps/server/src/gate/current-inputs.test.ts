import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { makeAccount, makeException } from './account.fixture.ts';
import { type GateInputs, readCurrentInputs, sameRules, scannedSnapshot } from './current-inputs.ts';
import { readFacts } from './read-facts.ts';

const { db } = await testDatabase();
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

async function addScan(manifest: string, revision: number, snapshot: string): Promise<void> {
  await asSystem(db, async (tx) => {
    await sql`insert into manifest (digest, media_type, runnable, size, bytes) values (${manifest}, 'x', true, 1, 'x') on conflict do nothing`.execute(
      tx,
    );
    await sql`
      with i as (insert into inventory (manifest_digest, revision, missing, package_count, file_count)
                 values (${manifest}, ${revision}, '[]', 0, 0) returning inventory_id)
      insert into scan (inventory_id, snapshot, uncovered) select inventory_id, ${snapshot}, '[]' from i`.execute(tx);
  });
}
const read = (...digests: string[]) =>
  asSystem(db, async (tx) =>
    scannedSnapshot(
      await readFacts(
        tx,
        digests.map((one) => ({ repositoryId: randomUUID(), digest: one })),
      ),
    ),
  );

test('a verdict names the advisories of the latest inventory that was scanned', async () => {
  expect(await read(digest('a'))).toBeNull();
  await addScan(digest('a'), 1, 'old');
  await addScan(digest('a'), 2, 'new');
  await addScan(digest('b'), 2, 'new');
  expect(await read(digest('a'))).toBe('new');
  expect(await read(digest('a'), digest('b'))).toBe('new');
  await addScan(digest('c'), 2, 'newer');
  expect(await read(digest('a'), digest('c'))).toBe('new newer');
});

test('an emergency in a cluster is none of the gate: verdicts stay decided from what they were', async () => {
  const account = await asSystem(db, async (tx) => {
    const made = await makeAccount(tx, 'acme');
    await sql`insert into policy_bundle (account_id, version, digest, content, created_by) values (${made.accountId}, 1, 'b', '{}', 't')`.execute(
      tx,
    );
    await sql`insert into setting (key, value) values ('advisories.snapshot', '"s"'), ('cataloger.revision', '1')`.execute(
      tx,
    );
    return made;
  });
  const inputs = () => asSystem(db, (tx) => readCurrentInputs(tx, account.accountId));
  const before = await inputs();
  expect(before).not.toBeNull();
  await asSystem(db, (tx) => makeException(tx, account, 'night', 'break-glass', '1 hour'));
  expect(await inputs()).toEqual(before);
  await asSystem(db, (tx) => makeException(tx, account, 'known', 'finding', '1 hour'));
  expect((await inputs())?.exceptions).not.toBe(before?.exceptions);
});

test('rules are the same when people decided nothing in between', () => {
  const inputs: GateInputs = {
    bundle: 'b',
    exceptions: 'e',
    snapshot: 's',
    revision: 1,
    trust: 't',
    vex: 'v',
    contents: 'c',
  };
  expect(sameRules(inputs, { ...inputs, snapshot: 'another', contents: 'others' })).toBe(true);
  expect(sameRules(inputs, null)).toBe(false);
  for (const rule of ['bundle', 'exceptions', 'trust'])
    expect(sameRules(inputs, { ...inputs, [rule]: 'x' })).toBe(false);
});
