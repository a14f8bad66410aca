/** Ends the waiting of a run for people, where what they are asked about has changed: the image would be denied now. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { refuseVerdicts } from '../gate/approvals.ts';

type Row = { name: string; account_id: string; repository: string; repository_id: string; digest: string };

/** As if each approval that the run waits for had been refused by the platform. */
export async function refuseWaiting(tx: Tx, runId: string, why: string): Promise<void> {
  const summary = `refused by pratique: ${why}`.slice(0, 1000);
  const { rows } = await sql<Row>`
    update step_run s set state = 'denied', finished_at = now(), result = ${JSON.stringify({ summary })}::jsonb
    from run join repository r using (repository_id)
    where s.run_id = ${runId} and run.run_id = s.run_id and s.kind = 'approval' and s.state = 'waiting'
    returning s.name, s.account_id, r.name as repository, r.repository_id, run.subject_digest as digest`.execute(tx);
  for (const { name, account_id: accountId, repository, repository_id: repositoryId, digest } of rows) {
    await refuseVerdicts(tx, runId, name, summary);
    await appendEvent(tx, {
      accountId,
      subject: `run/${runId}`,
      type: 'step.denied',
      data: { runId, step: name, kind: 'approval', repository, repositoryId, digest, summary },
    });
  }
  if (rows.length > 0) await sql`select enqueue('chain.advance', ${JSON.stringify({ runId })}::json)`.execute(tx);
}
