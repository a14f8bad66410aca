import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem, asTenant } from '../db/connect.ts';
import { approvalIsAhead } from '../gate/approvals.ts';
import { storeVerdict } from '../gate/store-verdict.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { decideApproval } from './decide-approval.ts';
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

const decideStep = (step: string, approve: boolean, actor = 'boss') =>
  asTenant(db, [account], (tx) =>
    decideApproval(tx, { runId: run, step, approve, reason: 'because', actor: by(actor) }),
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
