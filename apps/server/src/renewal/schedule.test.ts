import type { PolicyEngine } from '@pratique/policy';
import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import { asSystem } from '../db/connect.ts';
import {
  configStore,
  makeAccount,
  makeException,
  makeImage,
  makeRules,
  makeVerdict,
  type VerdictOptions,
} from '../gate/account.fixture.ts';
import { revokeImage } from '../revocation/revoke.ts';
import { markAccount } from './mark-due.ts';
import { renewDue } from './schedule.ts';

const { db } = await testDatabase();
const log = pino({ level: 'silent' });
let accounts = 0;
const digestOf = (n: number) => `sha256:${accounts}${String(n).padStart(63, '0')}`;

/** An account with images whose verdicts are due. */
async function makeDue(images: number, options: VerdictOptions = {}) {
  accounts++;
  return asSystem(db, async (tx) => {
    const account = await makeAccount(tx, `account-${accounts}`);
    await makeRules(tx, account);
    for (let n = 0; n < images; n++) {
      await makeImage(tx, account, digestOf(n));
      await makeVerdict(tx, account, digestOf(n), { renewIn: '-1 second', ...options });
    }
    return account;
  });
}

const renew = (meanwhile?: () => Promise<void>) =>
  renewDue(
    {
      db,
      store: configStore(meanwhile),
      // No constraint, so nobody asks it.
      engine: {} as PolicyEngine,
      bundles: new Map(),
      vex: new Map(),
      publicUrl: 'http://localhost',
      validDays: 30,
      now: () => new Date(),
    },
    log,
  );

type Row = { state: string; left: string; history: number; error: string | null; failures: number; renewed: boolean };

/** `left` until the verdict is looked at again: `due`, or whole hours. */
async function verdicts(accountId: string): Promise<Row[]> {
  const { rows } = await asSystem(db, (tx) =>
    sql<Row>`
      select state, renewal_error as error, renewal_failures as failures, decided_at > now() - interval '1 hour' as renewed,
        case when renew_at = 'infinity' then 'never' when renew_at <= now() then 'due' else round(extract(epoch from renew_at - now()) / 3600)::text || ' h' end as left,
        (select count(*)::int from verdict_history h where h.repository_id = v.repository_id and h.digest = v.digest) as history
      from verdict v where account_id = ${accountId} order by digest`.execute(tx),
  );
  return rows;
}
const renewedEvents = async (accountId: string) =>
  (
    await asSystem(db, (tx) =>
      sql`select from outbox where account_id = ${accountId} and type = 'verdict.renewed'`.execute(tx),
    )
  ).rows.length;

const RENEWED = { state: 'valid', left: '360 h', history: 1, error: null, failures: 0, renewed: true };

test('verdicts that are due, in force or ended, are extended, each with its history and its event', async () => {
  const one = await makeDue(20);
  const two = await makeDue(3, { state: 'expired', validFor: '-1 hour' });
  expect(await renew()).toBe(23);
  expect(await verdicts(one.accountId)).toEqual(Array.from({ length: 20 }, () => RENEWED));
  expect(await verdicts(two.accountId)).toEqual(Array.from({ length: 3 }, () => RENEWED));
  expect([await renewedEvents(one.accountId), await renewedEvents(two.accountId)]).toEqual([20, 3]);
  expect(await renew()).toBe(0);
});

test('two workers never renew the same one twice', async () => {
  const { accountId } = await makeDue(100);
  while ((await Promise.all([renew(), renew(), renew()])).some((count) => count > 0));
  expect(await verdicts(accountId)).toEqual(Array.from({ length: 100 }, () => RENEWED));
  expect(await renewedEvents(accountId)).toBe(100);
});

test('an image that was revoked while it was judged is not renewed, its neighbours are', async () => {
  const account = await makeDue(3);
  await renew(
    once(() =>
      asSystem(db, async (tx) => {
        await revokeImage(tx, {
          accountId: account.accountId,
          account: account.account,
          digest: digestOf(1),
          repository: null,
          reason: 'it leaks',
          actor: SYSTEM_ACTOR,
        });
      }),
    ),
  );
  expect((await verdicts(account.accountId)).map((row) => row.state)).toEqual(['valid', 'revoked', 'valid']);
  expect(await renewedEvents(account.accountId)).toBe(2);
});

test('nothing is extended by rules that changed while it was judged; it is judged again at once', async () => {
  const account = await makeDue(2);
  await renew(once(() => asSystem(db, (tx) => makeException(tx, account, 'known', 'finding', '1 hour'))));
  expect(await verdicts(account.accountId)).toMatchObject([
    { left: 'due', history: 0, failures: 0, renewed: false },
    { left: 'due', history: 0, failures: 0, renewed: false },
  ]);
  await renew();
  expect(await verdicts(account.accountId)).toEqual([RENEWED, RENEWED]);
});

test('a verdict that was marked while it was judged stays marked', async () => {
  const { accountId } = await makeDue(2);
  await renew(once(() => markAccount(db, accountId)));
  expect((await verdicts(accountId)).map((row) => row.left)).toEqual(['due', 'due']);
  await renew();
  expect(await verdicts(accountId)).toEqual([RENEWED, RENEWED]);
});

test('another decision is made by a run, and the verdict stays what it is until then', async () => {
  const { accountId } = await makeDue(1, { decision: 'deny' });
  await renew();
  expect(await verdicts(accountId)).toMatchObject([{ state: 'valid', left: '1 h', history: 0, renewed: false }]);
  const { rows } = await asSystem(db, (tx) =>
    sql<{ trigger: string }>`select trigger from run where account_id = ${accountId} and finished_at is null`.execute(
      tx,
    ),
  );
  expect(rows).toEqual([{ trigger: 'renewal' }]);
});

test('while a run is under way, which may be past its gate, another decision is asked for again soon', async () => {
  const { accountId } = await makeDue(1, { decision: 'deny' });
  await renew();
  await asSystem(db, (tx) =>
    sql`update verdict set renew_at = now() - interval '1 second' where account_id = ${accountId}`.execute(tx),
  );
  await renew();
  expect(await verdicts(accountId)).toMatchObject([{ state: 'valid', left: '0 h', history: 0, renewed: false }]);
});

test('an image that is gone is not looked at again', async () => {
  const { accountId } = await makeDue(1);
  await asSystem(db, (tx) => sql`delete from repository_manifest where account_id = ${accountId}`.execute(tx));
  await renew();
  expect((await verdicts(accountId)).map((row) => row.left)).toEqual(['never']);
});

test('one that cannot be read says why and keeps back no other', async () => {
  const account = await makeDue(2);
  await asSystem(db, async (tx) => {
    await sql`update manifest set media_type = 'application/vnd.oci.image.index.v1+json', bytes = 'not json' where digest = ${digestOf(0)}`.execute(
      tx,
    );
  });
  await renew();
  expect(await verdicts(account.accountId)).toMatchObject([
    { error: expect.stringContaining('JSON') as string, failures: 1, history: 0, renewed: false },
    RENEWED,
  ]);
});

test('verdicts of an account without policies wait, and say so', async () => {
  const { accountId } = await makeDue(2);
  await asSystem(db, (tx) => sql`delete from policy_bundle where account_id = ${accountId}`.execute(tx));
  await renew();
  const error = 'policies, advisories or catalogers are not ready yet';
  expect(await verdicts(accountId)).toMatchObject([
    { error, failures: 1 },
    { error, failures: 1 },
  ]);
});

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}
