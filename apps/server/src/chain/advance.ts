/** Moves a run forward: which steps may start, which never will, and whether the run is over. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { enqueue, repairQueue } from '../jobs/run-queue.ts';

export type StepRow = {
  step_run_id: string;
  name: string;
  kind: string;
  needs: string[];
  on_deny: string[];
  state: StepStateName;
};
export type StepStateName = 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'skipped' | 'denied';
type RunRow = {
  account_id: string;
  repository_id: string;
  repository: string;
  subject_digest: string;
  tag: string | null;
  state: string;
  finished_at: Date | null;
};

export type Plan = { start: string[]; skip: string[] };

const OVER: ReadonlySet<StepStateName> = new Set(['succeeded', 'failed', 'skipped', 'denied']);

/**
 * Decides from the states alone. A step starts when all it needs has succeeded; a step that is another's `on_deny`
 * starts when that one denies. A step that can no longer start is skipped.
 */
export function planRun(steps: readonly StepRow[]): Plan {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const plan: Plan = { start: [], skip: [] };
  const states = new Map(steps.map((step) => [step.name, step.state]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const step of steps) {
      if (states.get(step.name) !== 'queued' || plan.start.includes(step.name)) continue;
      const verdict = mayStart(step, steps, states, byName);
      if (verdict === 'wait') continue;
      if (verdict === 'start') plan.start.push(step.name);
      else {
        plan.skip.push(step.name);
        states.set(step.name, 'skipped');
        changed = true;
      }
    }
  }
  return plan;
}

function mayStart(
  step: StepRow,
  steps: readonly StepRow[],
  states: Map<string, StepStateName>,
  byName: Map<string, StepRow>,
): 'start' | 'skip' | 'wait' {
  const deniers = steps.filter((other) => other.on_deny.includes(step.name));
  const needs = step.needs.filter((need) => byName.has(need));
  if (needs.some((need) => ['failed', 'skipped', 'denied'].includes(states.get(need) ?? 'queued'))) return 'skip';
  if (deniers.length > 0 && !deniers.some((denier) => states.get(denier.name) === 'denied'))
    return deniers.every((denier) => OVER.has(states.get(denier.name) ?? 'queued')) ? 'skip' : 'wait';
  return needs.every((need) => states.get(need) === 'succeeded') ? 'start' : 'wait';
}

/** Applies the plan in one transaction; calling it twice changes nothing the second time. */
export async function advanceRun(tx: Tx, runId: string): Promise<void> {
  const run = await lockRun(tx, runId);
  if (!run || run.finished_at !== null) return;
  const steps = await readSteps(tx, runId);
  const plan = planRun(steps);
  for (const name of plan.skip) await skipStep(tx, runId, name);
  for (const name of plan.start)
    await enqueueStep(tx, run, runId, name, steps.find((step) => step.name === name)?.kind ?? '');
  const after = steps.map((step) => (plan.skip.includes(step.name) ? 'skipped' : step.state));
  const state = runState(after);
  if (state !== run.state) await setRunState(tx, runId, state);
  if (after.every((s) => OVER.has(s)))
    await appendEvent(tx, {
      accountId: run.account_id,
      subject: `run/${runId}`,
      type: 'run.finished',
      data: {
        runId,
        repository: run.repository,
        repositoryId: run.repository_id,
        digest: run.subject_digest,
        tag: run.tag,
        state,
      },
    });
}

function runState(states: StepStateName[]): string {
  if (states.every((state) => OVER.has(state))) {
    if (states.includes('failed')) return 'failed';
    return states.includes('denied') ? 'denied' : 'succeeded';
  }
  if (states.includes('running')) return 'running';
  if (states.includes('waiting')) return 'waiting';
  return states.every((state) => state === 'queued') ? 'queued' : 'running';
}

async function lockRun(tx: Tx, runId: string): Promise<RunRow | undefined> {
  const { rows } = await sql<RunRow>`
    select run.account_id, run.repository_id, r.name as repository, run.subject_digest, run.tag, run.state, run.finished_at
    from run join repository r using (repository_id) where run.run_id = ${runId} for update of run`.execute(tx);
  return rows[0];
}

async function readSteps(tx: Tx, runId: string): Promise<StepRow[]> {
  const { rows } =
    await sql<StepRow>`select step_run_id, name, kind, needs, on_deny, state from step_run where run_id = ${runId} order by ordinal`.execute(
      tx,
    );
  return rows;
}

/** Puts the step's one job into the queue, unless it already is there. */
async function enqueueStep(tx: Tx, run: RunRow, runId: string, name: string, kind: string): Promise<void> {
  const { rows } = await sql<{ step_run_id: string }>`
    update step_run set enqueued_at = now() where run_id = ${runId} and name = ${name} and state = 'queued' and enqueued_at is null
    returning step_run_id`.execute(tx);
  const taken = rows[0];
  if (!taken) return;
  const queue = kind === 'repair' ? repairQueue(run.account_id) : undefined;
  await enqueue(tx, 'chain.step', { stepRunId: taken.step_run_id }, { queue });
}

async function skipStep(tx: Tx, runId: string, name: string): Promise<void> {
  await sql`update step_run set state = 'skipped', finished_at = now() where run_id = ${runId} and name = ${name} and state = 'queued'`.execute(
    tx,
  );
}

async function setRunState(tx: Tx, runId: string, state: string): Promise<void> {
  const over = ['succeeded', 'failed', 'denied'].includes(state);
  await sql`update run set state = ${state}, finished_at = case when ${over} then now() end where run_id = ${runId}`.execute(
    tx,
  );
}
