/** A person's answer to an approval step: one refusal ends it, and as many approvals as it needs. */
import type { Role } from '@pratique/contract';
import { sql } from 'kysely';
import { type Actor, recordAudit } from '../auth/audit.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { confirmVerdicts, refuseVerdicts } from '../gate/approvals.ts';
import { describeApprovers, mayApprove } from './approvers.ts';
import { ApprovalParameters } from './step-parameters.ts';

export type ApprovalDecision = {
  runId: string;
  step: string;
  approve: boolean;
  reason: string;
  actor: Actor;
  /** Of the actor in the account. */
  role: Role;
};

type StepRow = {
  step_run_id: string;
  kind: string;
  state: string;
  account_id: string;
  parameters: unknown;
  is_late: boolean;
  requested_by: string;
  repository: string;
  repository_id: string;
  digest: string;
};

/**
 * @throws ServerError `not-found`; `conflict` when the step does not wait, or its time is over, or this person has answered;
 *   `forbidden` for who asked for the run, and who is not among its approvers
 */
export async function decideApproval(tx: Tx, decision: ApprovalDecision): Promise<void> {
  const { runId, step, approve, reason, actor } = decision;
  const found = await lockStep(tx, runId, step);
  const { approvals, approvers } = ApprovalParameters.parse(found.parameters);
  requireApprover(found, approvers, decision);
  const given = await answer(tx, found, decision);
  const isOver = !approve || given >= approvals;
  const said = `${approve ? 'approved' : 'rejected'} by ${actor.name}: ${reason}`;
  const summary = isOver ? said : `${given} of ${approvals} approvals; last ${said}`;
  const state = isOver ? (approve ? 'succeeded' : 'denied') : 'waiting';
  await sql`
    update step_run set state = ${state}, finished_at = case when ${isOver} then now() end,
      result = coalesce(result, '{}') || ${JSON.stringify({ summary, actor: actor.name, reason })}::jsonb
    where step_run_id = ${found.step_run_id}`.execute(tx);
  if (isOver) {
    if (approve) await confirmVerdicts(tx, runId);
    else await refuseVerdicts(tx, runId, step, said);
    await sql`select enqueue('chain.advance', ${JSON.stringify({ runId })}::json)`.execute(tx);
  }
  await recordAudit(tx, {
    accountId: found.account_id,
    actor,
    action: approve ? 'approval.grant' : 'approval.reject',
    subject: `run/${runId}/${step}`,
    detail: { reason },
  });
  await appendEvent(tx, {
    accountId: found.account_id,
    subject: `run/${runId}`,
    type: isOver ? `step.${state}` : 'approval.given',
    data: {
      runId,
      step,
      kind: 'approval',
      repository: found.repository,
      repositoryId: found.repository_id,
      digest: found.digest,
      summary,
    },
  });
}

async function lockStep(tx: Tx, runId: string, step: string): Promise<StepRow> {
  const { rows } = await sql<StepRow>`
    select s.step_run_id, s.kind, s.state, s.account_id, s.parameters, coalesce(s.expires_at <= now(), false) as is_late, run.requested_by,
      r.name as repository, r.repository_id, run.subject_digest as digest
    from step_run s join run using (run_id) join repository r using (repository_id) where s.run_id = ${runId} and s.name = ${step} for update of s`.execute(
    tx,
  );
  const found = rows[0];
  if (!found) throw new ServerError('not-found', `there is no step ${step} in this run`);
  if (found.kind !== 'approval' || found.state !== 'waiting')
    throw new ServerError('conflict', `the step ${step} does not wait for approval; it is ${found.state}`);
  if (found.is_late) throw new ServerError('conflict', `the time for an answer to the step ${step} is over`);
  return found;
}

function requireApprover(found: StepRow, approvers: readonly string[], { actor, role }: ApprovalDecision): void {
  // Two pairs of eyes: who pushed does not approve the own push.
  if (found.requested_by === actor.name)
    throw new ServerError('forbidden', 'you asked for this run; somebody else must approve it');
  if (!mayApprove(approvers, { name: actor.name, role }))
    throw new ServerError('forbidden', `this is for ${describeApprovers(approvers)} to decide; you are ${role}`);
}

/** @returns how many have approved by now */
async function answer(tx: Tx, found: StepRow, { actor, approve, reason }: ApprovalDecision): Promise<number> {
  const { rows } = await sql`
    insert into approval_answer (account_id, step_run_id, actor_id, actor, approve, reason)
    values (${found.account_id}, ${found.step_run_id}, ${actor.id}, ${actor.name}, ${approve}, ${reason})
    on conflict do nothing returning 1`.execute(tx);
  if (rows.length === 0) throw new ServerError('conflict', 'you have answered this already; somebody else is needed');
  const { rows: counted } = await sql<{ given: number }>`
    select count(*)::int as given from approval_answer where step_run_id = ${found.step_run_id} and approve`.execute(
    tx,
  );
  return counted[0]?.given ?? 0;
}
