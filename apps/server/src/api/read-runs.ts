/** Runs of chains with their steps, and what people have said in them. */
import { type ApprovalState, type Run, RunState, StepKind, StepState } from '@pratique/contract';
import { sql } from 'kysely';
import { ApprovalParameters } from '../chain/step-parameters.ts';
import type { Tx } from '../db/connect.ts';

type RunRow = {
  run_id: string;
  repository: string;
  subject_digest: string;
  tag: string | null;
  chain: string;
  version: number;
  trigger: string;
  requested_by: string;
  state: string;
  created_at: Date;
  finished_at: Date | null;
};
type StepRow = {
  run_id: string;
  name: string;
  kind: string;
  state: string;
  needs: string[];
  attempts: number;
  started_at: Date | null;
  finished_at: Date | null;
  result: { summary?: string } | null;
  error: string | null;
  parameters: unknown;
  expires_at: Date | null;
  answers: { by: string; approve: boolean; reason: string; at: string }[] | null;
};

export type RunFilter = { runId?: string; repositoryId?: string; digest?: string; limit: number };

/** Runs with their steps, newest first. */
export async function readRuns(tx: Tx, filter: RunFilter): Promise<Run[]> {
  const { rows } = await sql<RunRow>`
    select run.run_id, r.name as repository, run.subject_digest, run.tag, c.name as chain, c.version, run.trigger, run.requested_by, run.state, run.created_at, run.finished_at
    from run join repository r using (repository_id) join chain c using (chain_id)
    where (${filter.runId ?? null}::uuid is null or run.run_id = ${filter.runId ?? null}::uuid)
      and (${filter.repositoryId ?? null}::uuid is null or run.repository_id = ${filter.repositoryId ?? null}::uuid)
      and (${filter.digest ?? null}::text is null or run.subject_digest = ${filter.digest ?? null})
    order by run.created_at desc limit ${filter.limit}`.execute(tx);
  const steps = await sql<StepRow>`
    select s.run_id, s.name, s.kind, s.state, s.needs, s.attempts, s.started_at, s.finished_at, s.result, s.error, s.parameters, s.expires_at,
      (select json_agg(json_build_object('by', a.actor, 'approve', a.approve, 'reason', a.reason, 'at', a.answered_at) order by a.answered_at)
       from approval_answer a where a.step_run_id = s.step_run_id) as answers
    from step_run s where run_id = any (${rows.map((row) => row.run_id)}::uuid[]) order by run_id, ordinal`.execute(tx);
  const byRun = Map.groupBy(steps.rows, (step) => step.run_id);
  return rows.map((row) => ({
    id: row.run_id,
    repository: row.repository,
    digest: row.subject_digest,
    tag: row.tag,
    chain: { name: row.chain, version: row.version },
    trigger: row.trigger,
    requestedBy: row.requested_by,
    state: RunState.parse(row.state),
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    steps: (byRun.get(row.run_id) ?? []).map((step) => ({
      name: step.name,
      kind: StepKind.parse(step.kind),
      state: StepState.parse(step.state),
      needs: step.needs,
      attempts: step.attempts,
      startedAt: step.started_at?.toISOString() ?? null,
      finishedAt: step.finished_at?.toISOString() ?? null,
      summary: step.result?.summary ?? null,
      error: step.error,
      approval: approvalOf(step),
    })),
  }));
}

function approvalOf({ kind, started_at, parameters, expires_at, answers }: StepRow): ApprovalState | null {
  const asked = kind === 'approval' && started_at !== null ? ApprovalParameters.safeParse(parameters) : null;
  if (!asked?.success) return null;
  return {
    needed: asked.data.approvals,
    approvers: asked.data.approvers,
    expiresAt: expires_at?.toISOString() ?? null,
    answers: (answers ?? []).map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
  };
}
