import type { Role } from '@pratique/contract';
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from '../db/connect.ts';
import { approvalIsAhead } from '../gate/approvals.ts';
import { storeVerdict } from '../gate/store-verdict.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { decideApproval } from './decide-approval.ts';
import { expireApproval } from './expire-approval.ts';
import { refuseWaiting } from './refuse-waiting.ts';

const { db } = await testDatabase();
const DIGEST = `sha256:${'a'.repeat(64)}`;
const inputs = { bundle: 'b', exceptions: 'e', snapshot: 's', revision: 1, trust: 't', vex: '', contents: '' };
const by = (name: string) => ({ id: `person:${name}`, name, requestId: 'r', address: null });
let account = '';
let repository = '';
let run = '';

beforeEach(async () => {
  ({ account, repository, run } = await asSystem(db, async (tx) => {
    const { rows } = await sql<{ account: string; repository: string; run: string }>`
      with a as (insert into account (name) values ('a' || floor(random() * 1e9)::int) returning account_id),
           r as (insert into repository (account_id, name) select account_id, 'app' from a returning repository_id, account_id),
           c as (insert into chain (account_id, name, version, definition, created_by) select account_id, 'c', 1, '{}', 'x' from a returning chain_id),
           n as (insert into run (account_id, repository_id, chain_id, subject_digest, trigger, requested_by, state)
                 select r.account_id, repository_id, chain_id, ${DIGEST}, 'push', 'pusher', 'waiting' from r, c returning run_id, account_id),
           s as (insert into step_run (account_id, run_id, ordinal, name, kind, needs, on_deny, parameters, state)
                 select n.account_id, run_id, v.ordinal, v.name, v.kind, v.needs, '{}', '{}', v.state
                 from n, (values (0, 'gate', 'gate', '{}'::text[], 'succeeded'), (1, 'first', 'approval', '{gate}', 'waiting'), (2, 'second', 'approval', '{first}', 'waiting'), (3, 'sign', 'sign', '{second}', 'queued')) as v (ordinal, name, kind, needs, state)
                 returning 1)
      select n.account_id as account, repository_id as repository, run_id as run from n, r, (select count(*) from s) as made`.execute(
      tx,
    );
    return rows[0] ?? { account: '', repository: '', run: '' };
  }));
  await asSystem(db, async (tx) => {
    const found = await findRepositoryById(tx, repository);
    if (!found) throw new Error('no repository');
    await storeVerdict(tx, found, {
      digest: DIGEST,
      decision: 'allow',
      reasons: [],
      inputs,
      inputHash: 'h',
      runId: run,
      validDays: 30,
      pending: await approvalIsAhead(tx, run, 'gate'),
      revoked: false,
      reviewAt: null,
    });
  });
});

const decideStep = (step: string, approve: boolean, actor = 'boss', role: Role = 'maintainer') =>
  asTenant(db, [account], (tx) =>
    decideApproval(tx, { runId: run, step, approve, reason: 'because', actor: by(actor), role }),
  );
const verdict = () =>
  asSystem(
    db,
    async (tx) =>
      (
        await sql<{
          decision: string;
          state: string;
          reasons: { message: string }[];
        }>`select decision, state, reasons from verdict where repository_id = ${repository}`.execute(tx)
      ).rows[0],
  );
const events = () =>
  asSystem(
    db,
    async (tx) =>
      (
        await sql<{
          decision: string;
          state: string;
        }>`select data->>'decision' as decision, data->>'state' as state from outbox where account_id = ${account} and type = 'verdict.decided' order by seq`.execute(
          tx,
        )
      ).rows,
  );

describe('an approval after the gate', () => {
  test('keeps the verdict pending until the last one is given', async () => {
    expect(await verdict()).toMatchObject({ decision: 'allow', state: 'pending' });
    await decideStep('first', true);
    expect(await verdict()).toMatchObject({ state: 'pending' });
    await decideStep('second', true);
    expect(await verdict()).toMatchObject({ decision: 'allow', state: 'valid' });
    expect(await events()).toEqual([
      { decision: 'allow', state: 'pending' },
      { decision: 'allow', state: 'valid' },
    ]);
  });

  test('that is refused denies the image, by the word of who refused', async () => {
    await decideStep('first', false);
    expect(await verdict()).toMatchObject({
      decision: 'deny',
      state: 'valid',
      reasons: [{ message: 'rejected by boss: because' }],
    });
    expect((await events()).at(-1)).toEqual({ decision: 'deny', state: 'valid' });
  });

  test('that is overtaken by what became known is refused by the platform, and waited for no more', async () => {
    await asSystem(db, (tx) => refuseWaiting(tx, run, 'libssl3 has a hole'));
    expect(await verdict()).toMatchObject({
      decision: 'deny',
      state: 'valid',
      reasons: expect.arrayContaining([
        expect.objectContaining({ message: 'refused by pratique: libssl3 has a hole' }),
      ]),
    });
    await expect(decideStep('first', true)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is not given by who asked for the run, nor twice', async () => {
    await expect(decideStep('first', true, 'pusher')).rejects.toMatchObject({ code: 'forbidden' });
    await decideStep('first', true);
    await expect(decideStep('first', true)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('an approval by several people of a list', () => {
  const need = (parameters: object) =>
    asSystem(db, (tx) =>
      sql`update step_run set parameters = ${JSON.stringify(parameters)}::jsonb where run_id = ${run} and name = 'first'`.execute(
        tx,
      ),
    );
  const state = () =>
    asSystem(db, async (tx) => {
      const { rows } = await sql<{ state: string; summary: string }>`
        select state, result->>'summary' as summary from step_run where run_id = ${run} and name = 'first'`.execute(tx);
      return rows[0];
    });

  test('waits until enough have approved, each of whom counts once', async () => {
    await need({ approvals: 2 });
    await decideStep('first', true, 'ann');
    expect(await state()).toEqual({ state: 'waiting', summary: '1 of 2 approvals; last approved by ann: because' });
    await expect(decideStep('first', true, 'ann')).rejects.toMatchObject({ code: 'conflict' });
    await decideStep('first', true, 'bob');
    expect(await state()).toMatchObject({ state: 'succeeded' });
    expect(await verdict()).toMatchObject({ state: 'pending' });
  });

  test('ends with one refusal, whoever has approved before', async () => {
    await need({ approvals: 3 });
    await decideStep('first', true, 'ann');
    await decideStep('first', false, 'bob');
    expect(await state()).toMatchObject({ state: 'denied', summary: 'rejected by bob: because' });
    expect(await verdict()).toMatchObject({ decision: 'deny', state: 'valid' });
  });

  test.each<[string, string[], string, Role, boolean]>([
    ['nobody is named and they maintain', [], 'ann', 'maintainer', true],
    ['nobody is named and they develop', [], 'ann', 'developer', false],
    ['they are named, whatever their role', ['ann', 'zoe'], 'ann', 'developer', true],
    ['others are named', ['zoe'], 'ann', 'owner', false],
    ['their role is named', ['role:developer'], 'ann', 'developer', true],
    ['another role is named', ['role:owner'], 'ann', 'maintainer', false],
    ['somebody has the name of a role', ['role:owner'], 'owner', 'developer', false],
  ])('is for people of whom is said: %s', async (_, approvers, name, role, allowed) => {
    await need({ approvers });
    const decided = decideStep('first', true, name, role);
    await (allowed ? decided : expect(decided).rejects.toMatchObject({ code: 'forbidden' }));
    expect((await state())?.state).toBe(allowed ? 'succeeded' : 'waiting');
  });

  test('that comes too late does not count, and the end of the time refuses', async () => {
    const { rows } = await asSystem(db, (tx) =>
      sql<{ id: string }>`
        update step_run set expires_at = now() + interval '1 hour' where run_id = ${run} and name = 'first' returning step_run_id as id`.execute(
        tx,
      ),
    );
    const id = rows[0]?.id ?? '';
    await asSystem(db, (tx) => expireApproval(tx, id));
    expect((await state())?.state).toBe('waiting');
    await asSystem(db, (tx) => sql`update step_run set expires_at = now() where step_run_id = ${id}`.execute(tx));
    await expect(decideStep('first', true)).rejects.toMatchObject({ code: 'conflict' });
    await asSystem(db, (tx) => expireApproval(tx, id));
    expect(await state()).toEqual({ state: 'denied', summary: 'nobody who may has approved in time' });
    expect(await verdict()).toMatchObject({ decision: 'deny', state: 'valid' });
  });
});
