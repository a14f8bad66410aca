/** Step: wait for people. The API records what they say and lets the run go on; so does the end of the time they have. */
import { sql } from 'kysely';
import type { Tx } from '../../db/connect.ts';
import { appendEvent } from '../../feed/append-event.ts';
import { enqueue } from '../../jobs/run-queue.ts';
import { describeApprovers } from '../approvers.ts';
import type { StepContext, StepWork } from '../run-step.ts';
import { ApprovalParameters } from '../step-parameters.ts';

/** @param publicUrl where people answer, in the console */
export function approvalStep(publicUrl: string): StepWork {
  return async (context) => {
    const { approvals, approvers, expires_hours: hours } = ApprovalParameters.parse(context.parameters);
    const people = approvals === 1 ? 'the approval' : `${approvals} approvals`;
    const within = hours === null ? '' : `, within ${hours} h`;
    return {
      state: 'waiting',
      summary: `waits for ${people} of ${describeApprovers(approvers)}${within}; asked for by ${context.requestedBy}`,
      result: { approvals, approvers },
      commit: (tx) => openApproval(tx, context, { approvals, approvers, hours, publicUrl }),
    };
  };
}

type Asked = { approvals: number; approvers: readonly string[]; hours: number | null; publicUrl: string };

async function openApproval(tx: Tx, context: StepContext, asked: Asked): Promise<void> {
  const { stepRunId, runId, name, repository, digest, tag, requestedBy } = context;
  const { hours, publicUrl, approvals, approvers } = asked;
  const { rows } = await sql<{ expires_at: Date | null }>`
    update step_run set expires_at = now() + make_interval(hours => ${hours}) where step_run_id = ${stepRunId} returning expires_at`.execute(
    tx,
  );
  if (hours !== null) await enqueue(tx, 'approval.expire', { stepRunId }, { afterS: hours * 3600 + 1 });
  await appendEvent(tx, {
    accountId: repository.accountId,
    subject: `run/${runId}`,
    type: 'approval.requested',
    data: {
      runId,
      step: name,
      repository: repository.name,
      repositoryId: repository.repositoryId,
      digest,
      tag,
      requestedBy,
      approvals,
      approvers,
      expiresAt: rows[0]?.expires_at?.toISOString() ?? null,
      link: `${publicUrl}/accounts/${repository.account}/runs/${runId}`,
    },
  });
}
