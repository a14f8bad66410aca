/** Verdicts that are due for another look, each claimed by one worker for a while. */
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export type DueVerdict = {
  repository: Repository;
  digest: string;
  decision: 'allow' | 'deny';
  /** What the chain's run was about: the image itself, or the index that lists it. */
  subject: string;
  decidedAt: Date;
  validUntil: Date;
  reasons: unknown;
  /** The claim holds as long as the verdict is due at this very time: whoever decides or marks it ends the claim. */
  claim: Date;
};

type Row = {
  repository_id: string;
  account_id: string;
  account: string;
  name: string;
  immutable_tags: boolean;
  digest: string;
  decision: 'allow' | 'deny';
  subject_digest: string;
  decided_at: Date;
  valid_until: Date;
  reasons: unknown;
  renew_at: Date;
};

/** Seconds after which a claim whose worker died is anybody's. */
const CLAIM_S = 600;

/** The verdicts that have been due longest, claimed in one statement. */
export async function claimDue(tx: Tx, limit: number): Promise<DueVerdict[]> {
  // A whole number of milliseconds, so that the claim is the same when it comes back.
  const { rows } = await sql<Row>`
    with due as (
      select account_id, repository_id, digest from verdict where renew_at <= now() and state in ('valid', 'expired')
      order by renew_at limit ${limit} for update skip locked)
    update verdict v set renew_at = date_trunc('milliseconds', now()) + make_interval(secs => ${CLAIM_S}) from due, run, repository r, account a
    where v.account_id = due.account_id and v.repository_id = due.repository_id and v.digest = due.digest
      and run.run_id = v.run_id and r.repository_id = v.repository_id and a.account_id = v.account_id
    returning v.repository_id, v.account_id, a.name as account, r.name, r.immutable_tags, v.digest, v.decision, run.subject_digest,
      v.decided_at, v.valid_until, v.reasons, v.renew_at`.execute(tx);
  return rows.map((row) => ({
    repository: {
      repositoryId: row.repository_id,
      accountId: row.account_id,
      account: row.account,
      name: row.name,
      immutableTags: row.immutable_tags,
    },
    digest: row.digest,
    decision: row.decision,
    subject: row.subject_digest,
    decidedAt: row.decided_at,
    validUntil: row.valid_until,
    reasons: row.reasons,
    claim: row.renew_at,
  }));
}

/** The columns by which rows of `verdict` are found again, with the claim that must still hold. */
export const claimsOf = (verdicts: readonly DueVerdict[]): RawBuilder<unknown> => sql`
  unnest(${verdicts.map((one) => one.repository.accountId)}::uuid[], ${verdicts.map((one) => one.repository.repositoryId)}::uuid[],
         ${verdicts.map((one) => one.digest)}::text[], ${verdicts.map((one) => one.claim)}::timestamptz[])`;

/** Gives verdicts back, to be looked at again at that time; one that was decided or marked meanwhile stays as it is. */
export async function giveBack(tx: Tx, verdicts: readonly DueVerdict[], at: RawBuilder<Date>): Promise<void> {
  await sql`
    update verdict v set renew_at = ${at} from ${claimsOf(verdicts)} as claimed (account_id, repository_id, digest, claim)
    where v.account_id = claimed.account_id and v.repository_id = claimed.repository_id and v.digest = claimed.digest and v.renew_at = claimed.claim`.execute(
    tx,
  );
}

/** Seconds before another attempt: soon, then hourly. */
const PAUSES_S = [5, 30, 120, 600, 1800, 3600];

/** Remembers why; people are told when less than a day is left. */
export async function noteFailure(tx: Tx, verdicts: readonly DueVerdict[], error: string): Promise<void> {
  await sql`
    update verdict v set renewal_failures = v.renewal_failures + 1, renewal_error = ${error.slice(0, 1000)},
      renew_at = case when v.renew_at = claimed.claim
        then now() + make_interval(secs => (${PAUSES_S}::int[])[least(v.renewal_failures + 1, ${PAUSES_S.length}::int)]) else v.renew_at end
    from ${claimsOf(verdicts)} as claimed (account_id, repository_id, digest, claim)
    where v.account_id = claimed.account_id and v.repository_id = claimed.repository_id and v.digest = claimed.digest`.execute(
    tx,
  );
}
