import { sql } from 'kysely';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { DEFAULT_CHAIN } from '../chain/default-chain.ts';
import { runStep, type StepKinds } from '../chain/run-step.ts';
import { startRun } from '../chain/start-run.ts';
import { asSystem } from '../db/connect.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { requestRepair } from '../repair/request-repair.ts';
import { reconcile } from './reconcile.ts';
import { runQueue } from './run-queue.ts';

const { db, pool } = await testDatabase();
const log = pino({ level: 'silent' });
const digest = `sha256:${'a'.repeat(64)}`;

const repositoryId = await asSystem(db, async (tx) => {
  const { rows } = await sql<{ repository_id: string }>`
    with a as (insert into account (name) values ('acme') returning account_id),
         c as (insert into chain (account_id, name, version, definition, created_by) select account_id, 'default', 1, ${JSON.stringify(DEFAULT_CHAIN)}::jsonb, 'x' from a)
    insert into repository (account_id, name) select account_id, 'app' from a returning repository_id`.execute(tx);
  return rows[0]?.repository_id ?? '';
});

beforeEach(async () => {
  await asSystem(db, (tx) => sql`update run set state = 'failed', finished_at = now()`.execute(tx));
  await sql`delete from graphile_worker._private_jobs`.execute(db);
});

async function makeRun(): Promise<string> {
  return asSystem(db, async (tx) => {
    const repository = await findRepositoryById(tx, repositoryId);
    if (!repository) throw new Error('no repository');
    const run = await startRun(tx, { repository, digest, tag: 'one', trigger: 'manual', requestedBy: 'ines' });
    if (run.outcome !== 'started') throw new Error(run.outcome);
    return run.runId;
  });
}

const steps = async (runId: string) =>
  (
    await sql<{ name: string; state: string; error: string | null }>`
      select name, state, error from step_run where run_id = ${runId} order by ordinal`.execute(db)
  ).rows;
const jobs = async () =>
  (
    await sql<{ task_identifier: string }>`
      select task_identifier from graphile_worker.jobs where attempts < max_attempts order by id`.execute(db)
  ).rows.map((row) => row.task_identifier);

test('a step whose job was taken too often by processes that died fails, and its run goes on', async () => {
  const runId = await makeRun();
  await sql`delete from graphile_worker._private_jobs`.execute(db);
  await asSystem(db, (tx) =>
    sql`
    with s as (update step_run set state = 'running', enqueued_at = now() where run_id = ${runId} and name = 'inventory' returning step_run_id)
    select enqueue('chain.step', json_build_object('stepRunId', step_run_id)) from s`.execute(tx),
  );
  expect(await reconcile(db, 0)).toMatchObject({ steps: 0 });
  await sql`update graphile_worker._private_jobs set attempts = max_attempts`.execute(db);
  expect(await reconcile(db, 0)).toMatchObject({ steps: 1 });
  expect((await steps(runId))[0]).toMatchObject({ state: 'failed', error: expect.stringContaining('again and again') });
  expect(await jobs()).toEqual(['chain.advance']);
});

test('a step whose job vanished, ended by a process that was taken for dead, is taken up again', async () => {
  const runId = await makeRun();
  const underWay = async (attempts: number) => {
    await sql`delete from graphile_worker._private_jobs`.execute(db);
    await asSystem(db, (tx) =>
      sql`update step_run set state = 'running', enqueued_at = now(), attempts = ${attempts} where run_id = ${runId} and name = 'inventory'`.execute(
        tx,
      ),
    );
  };
  await underWay(3);
  expect(await reconcile(db, 0)).toMatchObject({ steps: 0, resumed: 1 });
  expect(await jobs()).toEqual(['chain.step']);
  // Once is enough.
  expect(await reconcile(db, 0)).toMatchObject({ steps: 0, resumed: 0 });
  await underWay(25);
  expect(await reconcile(db, 0)).toMatchObject({ steps: 1, resumed: 0 });
  expect((await steps(runId))[0]).toMatchObject({ state: 'failed' });
});

test('a run that nobody moves on is moved on, and one that is moved on is left alone', async () => {
  await makeRun();
  expect(await reconcile(db, 0)).toEqual({ steps: 0, runs: 0, deliveries: 0, repairs: 0, resumed: 0 });
  await sql`delete from graphile_worker._private_jobs`.execute(db);
  expect(await reconcile(db, 0)).toEqual({ steps: 0, runs: 1, deliveries: 0, repairs: 0, resumed: 0 });
  expect(await jobs()).toEqual(['chain.advance']);
});

test('a repair whose job vanished is taken up again, and given up where too many processes died over it', async () => {
  const { repairId } = await asSystem(db, async (tx) => {
    const repository = await findRepositoryById(tx, repositoryId);
    if (!repository) throw new Error('no repository');
    const asked = {
      repository,
      digest,
      tag: 'one',
      mode: 'repair',
      scope: 'all',
      tagging: 'suffix',
      smokeStart: false,
    } as const;
    return requestRepair(tx, { ...asked, requestedBy: 'ines' });
  });
  expect(await reconcile(db, 0)).toMatchObject({ repairs: 0, resumed: 0 });
  await sql`delete from graphile_worker._private_jobs`.execute(db);
  expect(await reconcile(db, 0)).toMatchObject({ repairs: 0, resumed: 1 });
  expect(await jobs()).toEqual(['repair.run']);
  await sql`update graphile_worker._private_jobs set attempts = max_attempts`.execute(db);
  expect(await reconcile(db, 0)).toMatchObject({ repairs: 1, resumed: 0 });
  const { rows } = await sql`select state, error from repair where repair_id = ${repairId}`.execute(db);
  expect(rows).toEqual([{ state: 'failed', error: expect.stringContaining('again and again') }]);
});

test('work that throws is tried again soon, with what it knows of its failures, and by killed processes none', async () => {
  const seen: { failures: number; payload: unknown }[] = [];
  const done = Promise.withResolvers<void>();
  const queue = await runQueue(
    { db, pool, log },
    {
      flaky: async ({ failures, payload }) => {
        seen.push({ failures, payload });
        if (failures < 1) throw new Error('not yet');
        done.resolve();
      },
    },
    { concurrency: 1, processName: 'test' },
  );
  await asSystem(db, (tx) => sql`select enqueue('flaky', '{"id": 7}')`.execute(tx));
  await done.promise;
  await queue.stop();
  expect(seen).toEqual([
    { failures: 0, payload: { id: 7 } },
    { failures: 1, payload: { id: 7 } },
  ]);
});

test('a step with parameters that it does not understand fails at once', async () => {
  const runId = await makeRun();
  const { rows } = await sql<{ step_run_id: string }>`
    select step_run_id from step_run where run_id = ${runId} and name = 'inventory'`.execute(db);
  const { attestStep } = await import('../chain/steps/attest.ts');
  const attest = attestStep({
    db,
    store: null as never,
    signer: null as never,
    publicUrl: 'http://localhost',
    vex: new Map(),
  });
  const kinds = { inventory: (context) => attest({ ...context, parameters: { predicates: ['spd'] } }) } as StepKinds;
  await runStep(db, kinds, rows[0]?.step_run_id ?? '', false, log);
  expect((await steps(runId))[0]).toMatchObject({ name: 'inventory', state: 'failed' });
});
