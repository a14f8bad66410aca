/** Puts verdicts into the history as they stand now: every decision stays on record. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

/** Called in the transaction that wrote the verdicts, after it did; all are of the one account. */
export async function keepHistory(
  tx: Tx,
  accountId: string,
  verdicts: readonly { repositoryId: string; digest: string }[],
): Promise<void> {
  if (verdicts.length === 0) return;
  await sql`
    insert into verdict_history (account_id, repository_id, digest, decision, reasons, input_hash, run_id, decided_at, valid_until)
    select v.account_id, v.repository_id, v.digest, v.decision, v.reasons, v.input_hash, v.run_id, v.decided_at, v.valid_until
    from unnest(${verdicts.map((one) => one.repositoryId)}::uuid[], ${verdicts.map((one) => one.digest)}::text[]) as written (repository_id, digest)
    join verdict v on v.account_id = ${accountId} and v.repository_id = written.repository_id and v.digest = written.digest`.execute(
    tx,
  );
}
