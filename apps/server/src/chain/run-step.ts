/** Runs one step of a run: claim, do the work, record the outcome together with what it changed. */
import type { StepKind } from '@pratique/contract';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { ZodError } from 'zod';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Repository } from '../registry/cache.ts';
import { findRepositoryById } from '../registry/find-repository.ts';

export type StepContext = {
  stepRunId: string;
  runId: string;
  name: string;
  kind: StepKind;
  parameters: Record<string, unknown>;
  repository: Repository;
  digest: string;
  tag: string | null;
  requestedBy: string;
  startedAt: Date;
  /** Counts the claims of this step: who holds an earlier one has been taken for dead, and may record nothing. */
  attempt: number;
};

export type StepOutcome = {
  state: 'succeeded' | 'denied' | 'waiting' | 'skipped';
  /** A sentence for people. */
  summary: string;
  result?: Record<string, unknown>;
  /** What the step changes, written in the transaction that records the outcome. */
  commit?: (tx: Tx) => Promise<void>;
};

/** Work of one kind of step. Throws for faults; `permanent` errors are not tried again. */
export type StepWork = (context: StepContext) => Promise<StepOutcome>;
export type StepKinds = Record<StepKind, StepWork>;

/** A fault that trying again will not mend: a corrupt layer, a policy that does not compile. */
export class PermanentStepError extends Error {}

/** What the platform itself refuses, and parameters that no step understands, do not change by waiting either. */
export function isPermanent(error: unknown): boolean {
  return (
    error instanceof PermanentStepError ||
    error instanceof ZodError ||
    (error instanceof ServerError &&
      ['invalid', 'forbidden', 'not-found', 'conflict', 'too-large'].includes(error.code))
  );
}

type Claim = {
  account_id: string;
  run_id: string;
  repository_id: string;
  name: string;
  kind: StepKind;
  parameters: Record<string, unknown>;
  subject_digest: string;
  tag: string | null;
  requested_by: string;
  started_at: Date;
  attempts: number;
};

/** @param lastAttempt whether the queue would give up after this one */
export async function runStep(
  db: Db,
  kinds: StepKinds,
  stepRunId: string,
  lastAttempt: boolean,
  log: Logger,
): Promise<void> {
  const context = await asSystem(db, (tx) => claimStep(tx, stepRunId));
  if (!context) return; // done already: the process ended between the outcome and the end of the job
  try {
    const outcome = await kinds[context.kind](context);
    await asSystem(db, async (tx) => {
      if (!(await isOurs(tx, context))) return;
      await outcome.commit?.(tx);
      await finishStep(tx, context, outcome);
    });
  } catch (error) {
    const permanent = isPermanent(error);
    log[permanent ? 'warn' : 'error'](
      { err: error, runId: context.runId, step: context.name, lastAttempt },
      'step failed',
    );
    if (!permanent && !lastAttempt) {
      await asSystem(db, (tx) => noteError(tx, stepRunId, sentence(error)));
      throw error;
    }
    await asSystem(db, (tx) => failStep(tx, context, sentence(error)));
  }
}

async function claimStep(tx: Tx, stepRunId: string): Promise<StepContext | null> {
  const { rows } = await sql<Claim>`
    update step_run s set state = 'running', attempts = attempts + 1, started_at = coalesce(s.started_at, now())
    from run where s.step_run_id = ${stepRunId} and run.run_id = s.run_id and s.state in ('queued', 'running') and run.finished_at is null
    returning s.account_id, s.run_id, run.repository_id, s.name, s.kind, s.parameters, run.subject_digest, run.tag, run.requested_by, s.started_at, s.attempts`.execute(
    tx,
  );
  const claim = rows[0];
  const repository = claim ? await findRepositoryById(tx, claim.repository_id) : null;
  if (!claim || !repository) return null;
  await sql`update run set state = 'running' where run_id = ${claim.run_id} and state in ('queued', 'waiting')`.execute(
    tx,
  );
  const context: StepContext = {
    stepRunId,
    runId: claim.run_id,
    name: claim.name,
    kind: claim.kind,
    parameters: claim.parameters,
    repository,
    digest: claim.subject_digest,
    tag: claim.tag,
    requestedBy: claim.requested_by,
    startedAt: claim.started_at,
    attempt: claim.attempts,
  };
  await announce(tx, context, 'running', '');
  return context;
}

/** Whether nobody has claimed the step since; locked until the transaction ends. */
async function isOurs(tx: Tx, { stepRunId, attempt }: StepContext): Promise<boolean> {
  const { rows } =
    await sql`select from step_run where step_run_id = ${stepRunId} and attempts = ${attempt} and state = 'running' for update`.execute(
      tx,
    );
  return rows.length > 0;
}

/** Records an outcome and lets the run go on, both or neither. */
export async function finishStep(tx: Tx, context: StepContext, outcome: StepOutcome): Promise<void> {
  const result = { ...outcome.result, summary: outcome.summary };
  const over = outcome.state !== 'waiting';
  await sql`
    update step_run set state = ${outcome.state}, result = ${JSON.stringify(result)}::jsonb, error = null, finished_at = case when ${over} then now() end
    where step_run_id = ${context.stepRunId}`.execute(tx);
  await enqueueAdvance(tx, context.runId);
  await announce(tx, context, outcome.state, outcome.summary);
}

async function failStep(tx: Tx, context: StepContext, message: string): Promise<void> {
  if (!(await isOurs(tx, context))) return;
  await sql`update step_run set state = 'failed', error = ${message}, finished_at = now() where step_run_id = ${context.stepRunId}`.execute(
    tx,
  );
  await enqueueAdvance(tx, context.runId);
  await announce(tx, context, 'failed', message);
}

async function noteError(tx: Tx, stepRunId: string, message: string): Promise<void> {
  await sql`update step_run set error = ${message} where step_run_id = ${stepRunId}`.execute(tx);
}

async function enqueueAdvance(tx: Tx, runId: string): Promise<void> {
  await sql`select enqueue('chain.advance', ${JSON.stringify({ runId })}::json)`.execute(tx);
}

async function announce(tx: Tx, context: StepContext, state: string, summary: string): Promise<void> {
  const { repository } = context;
  await appendEvent(tx, {
    accountId: repository.accountId,
    subject: `run/${context.runId}`,
    type: `step.${state}`,
    data: {
      runId: context.runId,
      step: context.name,
      kind: context.kind,
      repository: repository.name,
      repositoryId: repository.repositoryId,
      digest: context.digest,
      tag: context.tag,
      summary,
    },
  });
}

function sentence(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2000);
}
