import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from '../db/connect.ts';
import type { FeedEvent } from '../feed/follow-feed.ts';
import { createForeignImages } from './foreign-images.ts';
import { askForeign, type Finding, type ForeignKey, recordFinding, takeDue, takeForNewPolicy } from './foreign-rows.ts';
import { listForeignImages } from './list-foreign-images.ts';
import { insertTrustPolicy, listTrustPolicies, readTrustPolicy } from './trust-policy-store.ts';

const { db } = await testDatabase();
const DIGEST = `sha256:${'a'.repeat(64)}`;
const trusted: Finding = {
  digest: DIGEST,
  state: 'trusted',
  reasons: [],
  rules: [],
  policyVersion: 1,
  validForS: 3600,
  nextInS: 300,
};
const unreachable: Finding = { ...trusted, digest: null, state: 'unreachable', reasons: ['no answer'], nextInS: 15 };

let accounts = 0;
let accountId = '';
let key: ForeignKey;
beforeEach(async () => {
  accounts += 1;
  const { rows } = await asSystem(db, (tx) =>
    sql<{ account_id: string }>`insert into account (name) values (${`a${accounts}`}) returning account_id`.execute(tx),
  );
  accountId = rows[0]?.account_id ?? '';
  key = { accountId, name: 'ghcr.io/acme/app', reference: 'v1' };
});

const ask = (policyVersion = 1) => asSystem(db, (tx) => askForeign(tx, key, policyVersion));
const record = (finding: Finding) => asSystem(db, (tx) => recordFinding(tx, key, finding));
const age = (interval: string) =>
  asSystem(db, (tx) =>
    sql`update foreign_image set next_at = next_at - ${interval}::interval, valid_until = valid_until - ${interval}::interval where account_id = ${accountId}`.execute(
      tx,
    ),
  );

describe('a name that is asked for', () => {
  test('is due once, however often it is asked for while it is examined', async () => {
    expect(await ask()).toMatchObject({ isDue: true, row: { state: 'examining', digest: null } });
    expect(await ask()).toMatchObject({ isDue: false, row: { state: 'examining' } });
  });

  test('is due again when nobody finished the examination', async () => {
    await ask();
    await age('3 minutes');
    expect(await ask()).toMatchObject({ isDue: true });
  });

  test('is due under another policy, once', async () => {
    await ask();
    await record(trusted);
    expect(await ask(1)).toMatchObject({ isDue: false, row: { state: 'trusted' } });
    expect(await ask(2)).toMatchObject({ isDue: true, row: { state: 'trusted', policyVersion: 1 } });
    expect(await ask(2)).toMatchObject({ isDue: false });
  });

  test('stays trusted when its registry is out of reach, until its time is over', async () => {
    await ask();
    await record(trusted);
    expect(await record(unreachable)).toMatchObject({ changed: false, row: { state: 'trusted', digest: DIGEST } });
    await age('2 hours');
    expect(await record(unreachable)).toMatchObject({ changed: true, row: { state: 'unreachable', digest: null } });
  });

  test('does not stay trusted under a new policy when its registry is out of reach', async () => {
    await ask();
    await record(trusted);
    expect(await record({ ...unreachable, policyVersion: 2 })).toMatchObject({ row: { state: 'unreachable' } });
  });

  test('keeps what a newer policy found when an older examination ends late', async () => {
    await ask();
    await record({ ...trusted, policyVersion: 2, state: 'refused', reasons: ['nobody signed it'] });
    expect(await record(trusted)).toBeNull();
    expect(await ask(2)).toMatchObject({ row: { state: 'refused' } });
  });

  test('changes only when the answer does', async () => {
    await ask();
    expect(await record(trusted)).toMatchObject({ changed: true });
    expect(await record(trusted)).toMatchObject({ changed: false });
    expect(await record({ ...trusted, digest: `sha256:${'b'.repeat(64)}` })).toMatchObject({ changed: true });
  });

  test('is looked at again in time while it is in use, and with a new policy at once', async () => {
    await ask();
    await record(trusted);
    expect(await asSystem(db, (tx) => takeDue(tx, 100))).not.toContainEqual(key);
    await age('6 minutes');
    expect(await asSystem(db, (tx) => takeDue(tx, 100))).toContainEqual(key);
    expect(await asSystem(db, (tx) => takeDue(tx, 100))).not.toContainEqual(key);
    expect(await asTenant(db, [accountId], (tx) => takeForNewPolicy(tx, accountId, 10))).toEqual([key]);
  });

  test('is seen by its own account alone', async () => {
    await ask();
    expect(await asTenant(db, [accountId], (tx) => listForeignImages(tx, 10))).toHaveLength(1);
    expect(await asTenant(db, [], (tx) => listForeignImages(tx, 10))).toEqual([]);
  });
});

describe('admission’s memory', () => {
  const event = (type: string, data: Record<string, unknown>): FeedEvent => ({
    accountId,
    seq: 1,
    at: new Date(),
    subject: '',
    type,
    data,
  });
  const forget = () => asSystem(db, (tx) => sql`delete from foreign_image where account_id = ${accountId}`.execute(tx));

  test.each<[string, boolean, FeedEvent | null, 'trusted' | 'examining']>([
    ['answers what it knows without the database', true, null, 'trusted'],
    ['is not used while the feed is late', false, null, 'examining'],
    [
      'forgets a name that was refused',
      true,
      event('foreign-image.refused', { name: 'ghcr.io/acme/app', reference: 'v1' }),
      'examining',
    ],
    [
      'keeps a name when another was refused',
      true,
      event('foreign-image.refused', { name: 'ghcr.io/acme/other', reference: 'v1' }),
      'trusted',
    ],
    ['forgets all when the policy changed', true, event('trust-policy.changed', {}), 'examining'],
  ])('%s', async (_, current, change, state) => {
    let isCurrent = true;
    const memory = createForeignImages(db, () => isCurrent);
    await ask();
    await record(trusted);
    expect(await memory.ask(key, 1)).toMatchObject({ state: 'trusted' });
    await forget();
    isCurrent = current;
    if (change) memory.apply([{ ...change, accountId }]);
    expect(await memory.ask(key, 1)).toMatchObject({ state });
  });

  test('does not take what an older policy trusted for trusted', async () => {
    const memory = createForeignImages(db, () => true);
    await ask();
    await record(trusted);
    await memory.ask(key, 1);
    await forget();
    expect(await memory.ask(key, 2)).toMatchObject({ state: 'examining' });
  });
});

test('of two changes to one version of the policy the second is refused', async () => {
  const policy = { version: 1 as const, name: 'p', keys: {}, trustedRoots: {}, rules: [], mirrors: [] };
  const insert = (after: number) =>
    asTenant(db, [accountId], (tx) =>
      insertTrustPolicy(tx, accountId, { policy, digest: `d${after}`, author: 'x', after }),
    );
  expect(await insert(0)).toBe(1);
  expect(await insert(0)).toBeNull();
  expect(await insert(1)).toBe(2);
  expect(await asTenant(db, [accountId], (tx) => readTrustPolicy(tx, accountId))).toMatchObject({
    version: 2,
    digest: 'd1',
  });
  expect(await asTenant(db, [accountId], (tx) => readTrustPolicy(tx, accountId, 1))).toMatchObject({ digest: 'd0' });
  expect(await asTenant(db, [accountId], (tx) => listTrustPolicies(tx, accountId))).toHaveLength(2);
});
