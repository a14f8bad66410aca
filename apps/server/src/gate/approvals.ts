/** A verdict is not in force while people still have a say: it is pending until they have approved. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvents } from '../feed/append-event.ts';
import { keepHistory } from './keep-history.ts';

type StepRow = { name: string; kind: string; needs: string[]; state: string };

/** True when an approval that comes after this gate, directly or through other steps, has not been given. */
export async function approvalIsAhead(tx: Tx, runId: string, gate: string): Promise<boolean> {
  const { rows } =
    await sql<StepRow>`select name, kind, needs, state from step_run where run_id = ${runId} order by ordinal`.execute(
      tx,
    );
  const byName = new Map(rows.map((row) => [row.name, row]));
  const follows = (step: StepRow, seen: ReadonlySet<string>): boolean =>
    step.needs.some((need) => {
      const needed = byName.get(need);
      return need === gate || (needed !== undefined && !seen.has(need) && follows(needed, new Set([...seen, need])));
    });
  return rows.some((row) => row.kind === 'approval' && row.state !== 'succeeded' && follows(row, new Set()));
}

type VerdictRow = {
  account_id: string;
  repository_id: string;
  repository: string;
  account: string;
  digest: string;
  decision: string;
  valid_until: Date;
  reasons: { action: string; message: string }[];
};

/** The last approval was given: what the gate decided is in force. */
export async function confirmVerdicts(tx: Tx, runId: string): Promise<void> {
  const waiting = await sql<{
    gate: string;
  }>`select name as gate from step_run where run_id = ${runId} and kind = 'gate'`.execute(tx);
  for (const { gate } of waiting.rows) if (await approvalIsAhead(tx, runId, gate)) return;
  const { rows } = await sql<VerdictRow>`
    update verdict v set state = 'valid' from repository r join account a using (account_id)
    where v.run_id = ${runId} and v.state = 'pending' and r.repository_id = v.repository_id
    returning v.account_id, v.repository_id, r.name as repository, a.name as account, v.digest, v.decision, v.valid_until, v.reasons`.execute(
    tx,
  );
  await announce(tx, runId, rows);
}

/** An approval was refused: the image is denied, by that person's word. */
export async function refuseVerdicts(tx: Tx, runId: string, step: string, summary: string): Promise<void> {
  const reason = { constraint: step, template: 'Approval', action: 'deny', message: summary, details: {} };
  const { rows } = await sql<VerdictRow>`
    update verdict v set state = 'valid', decision = 'deny', reasons = ${JSON.stringify([reason])}::jsonb || v.reasons, decided_at = now()
    from repository r join account a using (account_id)
    where v.run_id = ${runId} and v.decision = 'allow' and r.repository_id = v.repository_id
    returning v.account_id, v.repository_id, r.name as repository, a.name as account, v.digest, v.decision, v.valid_until, v.reasons`.execute(
    tx,
  );
  const [first] = rows;
  if (!first) return;
  await keepHistory(
    tx,
    first.account_id,
    rows.map((row) => ({ repositoryId: row.repository_id, digest: row.digest })),
  );
  await announce(tx, runId, rows);
}

async function announce(tx: Tx, runId: string, rows: readonly VerdictRow[]): Promise<void> {
  const events = rows.map((row) => ({
    accountId: row.account_id,
    subject: `repository/${row.repository}@${row.digest}`,
    type: 'verdict.decided',
    data: {
      repositoryId: row.repository_id,
      repository: row.repository,
      account: row.account,
      digest: row.digest,
      decision: row.decision,
      state: 'valid',
      validUntil: row.valid_until.toISOString(),
      runId,
      reasons: row.reasons
        .filter((reason) => reason.action === 'deny')
        .slice(0, 20)
        .map((reason) => reason.message),
    },
  }));
  await appendEvents(tx, events);
}
