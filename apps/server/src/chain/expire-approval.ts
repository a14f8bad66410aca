/** Ends the waiting for people who have not answered in time: as if they had refused. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { refuseVerdicts } from '../gate/approvals.ts';

type Row = {
  name: string;
  run_id: string;
  account_id: string;
  repository: string;
  repository_id: string;
  digest: string;
};

/** Changes nothing where the step does not wait any more, or still has time. */
export async function expireApproval(tx: Tx, stepRunId: string): Promise<void> {
  const summary = 'nobody who may has approved in time';
  const { rows } = await sql<Row>`
    update step_run s set state = 'denied', finished_at = now(), result = coalesce(s.result, '{}') || ${JSON.stringify({ summary })}::jsonb
    from run join repository r using (repository_id)
    where s.step_run_id = ${stepRunId} and run.run_id = s.run_id and s.state = 'waiting' and s.expires_at <= now()
    returning s.name, s.run_id, s.account_id, r.name as repository, r.repository_id, run.subject_digest as digest`.execute(
    tx,
  );
  const expired = rows[0];
  if (!expired) return;
  const { name, run_id: runId, account_id: accountId, repository, repository_id: repositoryId, digest } = expired;
  await refuseVerdicts(tx, runId, name, summary);
  await sql`select enqueue('chain.advance', ${JSON.stringify({ runId })}::json)`.execute(tx);
  await appendEvent(tx, {
    accountId,
    subject: `run/${runId}`,
    type: 'step.denied',
    data: { runId, step: name, kind: 'approval', repository, repositoryId, digest, summary },
  });
}
