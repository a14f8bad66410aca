/** A person's answer to an approval step. */
import { sql } from 'kysely';
import { type Actor, recordAudit } from '../auth/audit.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { confirmVerdicts, refuseVerdicts } from '../gate/approvals.ts';

export type ApprovalDecision = { runId: string; step: string; approve: boolean; reason: string; actor: Actor };

/** @throws ServerError `not-found`, `conflict` when the step does not wait, `forbidden` for who asked for the run */
export async function decideApproval(tx: Tx, decision: ApprovalDecision): Promise<void> {
  const { runId, step, approve, reason, actor } = decision;
  const { rows } = await sql<{
    step_run_id: string;
    kind: string;
    state: string;
    account_id: string;
    requested_by: string;
    repository: string;
    repository_id: string;
    digest: string;
  }>`
    select s.step_run_id, s.kind, s.state, s.account_id, run.requested_by, r.name as repository, r.repository_id, run.subject_digest as digest
    from step_run s join run using (run_id) join repository r using (repository_id) where s.run_id = ${runId} and s.name = ${step} for update of s`.execute(
    tx,
  );
  const found = rows[0];
  if (!found) throw new ServerError('not-found', `there is no step ${step} in this run`);
  if (found.kind !== 'approval' || found.state !== 'waiting')
    throw new ServerError('conflict', `the step ${step} does not wait for approval; it is ${found.state}`);
  // Two pairs of eyes: who pushed does not approve the own push.
  if (found.requested_by === actor.name)
    throw new ServerError('forbidden', 'you asked for this run; somebody else must approve it');
  const state = approve ? 'succeeded' : 'denied';
  const summary = `${approve ? 'approved' : 'rejected'} by ${actor.name}: ${reason}`;
  await sql`
    update step_run set state = ${state}, finished_at = now(), result = ${JSON.stringify({ summary, actor: actor.name, reason })}::jsonb
    where step_run_id = ${found.step_run_id}`.execute(tx);
  if (approve) await confirmVerdicts(tx, runId);
  else await refuseVerdicts(tx, runId, step, summary);
  await sql`select enqueue('chain.advance', ${JSON.stringify({ runId })}::json)`.execute(tx);
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
    type: `step.${state}`,
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
