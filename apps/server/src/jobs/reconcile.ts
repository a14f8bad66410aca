/** Finds work whose job is gone, and takes it up again, or gives it up where too many processes died over it. Nothing stays under way for ever. */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { enqueue, enqueueAll, MAX_TAKES, repairQueue } from './run-queue.ts';

const EVERY_MS = 30_000;
/** Longer than any moment between two transactions in which a job is over and the next one not yet there. */
const QUIET_S = 60;

/** Work that was given up, and work that was put into the queue again. */
export type Reconciled = { steps: number; deliveries: number; repairs: number; runs: number; resumed: number };

/** Resumes steps and deliveries whose job has vanished, fails those that were tried too often, and lets runs that stand still go on. */
export async function reconcile(db: Db, quietS = QUIET_S): Promise<Reconciled> {
  return asSystem(db, async (tx) => {
    const resumed =
      (await resumeSteps(tx, quietS)) + (await resumeDeliveries(tx, quietS)) + (await resumeRepairs(tx, quietS));
    const steps = await failStrandedSteps(tx, quietS);
    const runs = await readStillRuns(tx, quietS);
    for (const runId of new Set([...steps.map((step) => step.run_id), ...runs]))
      await enqueue(tx, 'chain.advance', { runId });
    return {
      steps: steps.length,
      runs: runs.length,
      deliveries: await failStrandedDeliveries(tx, quietS),
      repairs: await failStrandedRepairs(tx, quietS),
      resumed,
    };
  });
}

/** Twice a minute; a failure is told and tried again. */
export function scheduleReconciliation(db: Db, log: Logger): { stop(): void } {
  const timer = setInterval(() => {
    reconcile(db).then(
      (found) => {
        if (found.steps + found.runs + found.deliveries + found.repairs + found.resumed > 0)
          log.warn({ found }, 'stranded work was taken up');
      },
      (error: unknown) => log.warn({ err: error }, 'stranded work could not be looked for'),
    );
  }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** A process that had been taken for dead ends the job when it is done, also while another is at the same work. */
async function resumeSteps(tx: Tx, quietS: number): Promise<number> {
  const { rows } = await sql<{ step_run_id: string }>`
    select s.step_run_id from step_run s join run using (run_id)
    where run.finished_at is null and s.enqueued_at < now() - make_interval(secs => ${quietS}) and s.state in ('queued', 'running')
      and s.attempts < ${MAX_TAKES} and not has_live_job('chain.step', 'stepRunId', s.step_run_id::text)
      and not has_dead_job('chain.step', 'stepRunId', s.step_run_id::text)`.execute(tx);
  await enqueueAll(
    tx,
    'chain.step',
    rows.map((row) => ({ stepRunId: row.step_run_id })),
  );
  return rows.length;
}

async function resumeDeliveries(tx: Tx, quietS: number): Promise<number> {
  const { rows } = await sql<{ delivery_id: string }>`
    select d.delivery_id from delivery d
    where d.state = 'copying' and d.created_at < now() - make_interval(secs => ${quietS})
      and not has_live_job('delivery.carry-out', 'deliveryId', d.delivery_id::text)
      and not has_dead_job('delivery.carry-out', 'deliveryId', d.delivery_id::text)
      and not exists (${sql.raw(OWN_STEP)})`.execute(tx);
  await enqueueAll(
    tx,
    'delivery.carry-out',
    rows.map((row) => ({ deliveryId: row.delivery_id })),
  );
  return rows.length;
}

async function resumeRepairs(tx: Tx, quietS: number): Promise<number> {
  const { rows } = await sql<{ repair_id: string; account_id: string }>`
    select repair_id, account_id from repair
    where finished_at is null and created_at < now() - make_interval(secs => ${quietS}) and attempts < ${MAX_TAKES}
      and not has_live_job('repair.run', 'repairId', repair_id::text) and not has_dead_job('repair.run', 'repairId', repair_id::text)`.execute(
    tx,
  );
  for (const row of rows)
    await enqueue(tx, 'repair.run', { repairId: row.repair_id }, { queue: repairQueue(row.account_id) });
  return rows.length;
}

/** Repairs over which too many processes died; asked for again, they begin anew. */
async function failStrandedRepairs(tx: Tx, quietS: number): Promise<number> {
  const { rows } = await sql`
    update repair set state = 'failed', finished_at = now(), error = 'the processes that worked on this ended again and again'
    where finished_at is null and created_at < now() - make_interval(secs => ${quietS})
      and not has_live_job('repair.run', 'repairId', repair_id::text) returning 1`.execute(tx);
  return rows.length;
}

/** The step of a chain that makes the delivery `d`. */
const OWN_STEP = `select from step_run s join run using (run_id) where run.repository_id = d.from_repository_id
  and run.subject_digest = d.digest and s.kind = 'deliver' and s.finished_at is null and run.finished_at is null`;

async function failStrandedSteps(tx: Tx, quietS: number): Promise<{ run_id: string }[]> {
  const { rows } = await sql<{
    run_id: string;
    account_id: string;
    name: string;
    kind: string;
    repository: string;
    repository_id: string;
    digest: string;
  }>`
    update step_run s set state = 'failed', finished_at = now(),
      error = 'the processes that worked on this ended again and again; ' || coalesce('before that: ' || s.error, 'nothing else is known')
    from run join repository r using (repository_id)
    where run.run_id = s.run_id and run.finished_at is null and s.enqueued_at < now() - make_interval(secs => ${quietS})
      and s.state in ('queued', 'running') and not has_live_job('chain.step', 'stepRunId', s.step_run_id::text)
    returning s.run_id, s.account_id, s.name, s.kind, r.name as repository, r.repository_id, run.subject_digest as digest`.execute(
    tx,
  );
  for (const { account_id, run_id, name, kind, repository, repository_id, digest } of rows)
    await appendEvent(tx, {
      accountId: account_id,
      subject: `run/${run_id}`,
      type: 'step.failed',
      data: { runId: run_id, step: name, kind, repository, repositoryId: repository_id, digest, summary: 'given up' },
    });
  return rows;
}

/** Runs that are not over, have no step under way or waiting, and nobody to move them on. */
async function readStillRuns(tx: Tx, quietS: number): Promise<string[]> {
  const { rows } = await sql<{ run_id: string }>`
    select run_id from run where finished_at is null and created_at < now() - make_interval(secs => ${quietS})
      and not exists (select from step_run s where s.run_id = run.run_id
        and (s.state in ('running', 'waiting') or (s.state = 'queued' and s.enqueued_at is not null)
             or s.finished_at > now() - make_interval(secs => ${quietS})))
      and not has_live_job('chain.advance', 'runId', run.run_id::text)`.execute(tx);
  return rows.map((row) => row.run_id);
}

async function failStrandedDeliveries(tx: Tx, quietS: number): Promise<number> {
  const { rows } = await sql<{ account_id: string; delivery_id: string; digest: string }>`
    update delivery d set state = 'failed', error = 'the processes that copied this ended again and again'
    where d.state = 'copying' and d.created_at < now() - make_interval(secs => ${quietS})
      and not has_live_job('delivery.carry-out', 'deliveryId', d.delivery_id::text)
      and not exists (${sql.raw(OWN_STEP)})
    returning d.account_id, d.delivery_id, d.digest`.execute(tx);
  for (const { account_id, delivery_id, digest } of rows)
    await appendEvent(tx, {
      accountId: account_id,
      subject: `delivery/${delivery_id}`,
      type: 'delivery.failed',
      data: { deliveryId: delivery_id, digest, reason: 'given up' },
    });
  return rows.length;
}
