/** Verdicts that are due for another look, each claimed by one worker for a while. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type DueVerdict = {
  repositoryId: string;
  digest: string;
  decision: 'allow' | 'deny';
  /** What the chain's run was about: the image itself, or the index that lists it. */
  subject: string;
  decidedAt: Date;
  validUntil: Date;
  failures: number;
  reasons: unknown;
};

type Row = {
  repository_id: string;
  digest: string;
  decision: 'allow' | 'deny';
  subject_digest: string;
  decided_at: Date;
  valid_until: Date;
  renewal_failures: number;
  reasons: unknown;
};

/** Seconds after which a claim whose worker died is anybody's. */
const CLAIM_S = 600;

/** The verdicts that have been due longest, claimed in one statement. */
export async function claimDue(tx: Tx, limit: number): Promise<DueVerdict[]> {
  const { rows } = await sql<Row>`
    with due as (
      select account_id, repository_id, digest from verdict where renew_at <= now() and state in ('valid', 'expired')
      order by renew_at limit ${limit} for update skip locked)
    update verdict v set renew_at = now() + make_interval(secs => ${CLAIM_S}) from due, run
    where v.account_id = due.account_id and v.repository_id = due.repository_id and v.digest = due.digest and run.run_id = v.run_id
    returning v.repository_id, v.digest, v.decision, run.subject_digest, v.decided_at, v.valid_until, v.renewal_failures, v.reasons`.execute(
    tx,
  );
  return rows.map((row) => ({
    repositoryId: row.repository_id,
    digest: row.digest,
    decision: row.decision,
    subject: row.subject_digest,
    decidedAt: row.decided_at,
    validUntil: row.valid_until,
    failures: row.renewal_failures,
    reasons: row.reasons,
  }));
}
