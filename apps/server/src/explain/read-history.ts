/** What happened to an image, oldest first, out of the tables that remember it. */
import type { Explanation } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

type Row = { at: Date; what: string; sentence: string };
const MAX = 200;

export async function readHistory(tx: Tx, repositoryId: string, digest: string): Promise<Explanation['history']> {
  const { rows } = await sql<Row>`
    select at, what, sentence from (
      select pushed_at as at, 'pushed' as what, 'pushed by ' || pushed_by as sentence from repository_manifest where repository_id = ${repositoryId} and digest = ${digest}
      union all
      select at, 'tagged', 'tag ' || tag || case when old_digest is null then ' was made' else ' was moved here from ' || left(old_digest, 19) end || ' by ' || actor
        from tag_event where repository_id = ${repositoryId} and new_digest = ${digest} and tag !~ '^sha256-'
      union all
      select run.created_at, 'run', 'chain ' || c.name || ' version ' || c.version || ' started by ' || run.requested_by || ' (' || run.trigger || ')'
        from run join chain c using (chain_id) where run.repository_id = ${repositoryId} and run.subject_digest = ${digest}
      union all
      select s.finished_at, 'step', s.name || ': ' || s.state || coalesce('; ' || coalesce(s.error, s.result->>'summary'), '')
        from step_run s join run using (run_id) where run.repository_id = ${repositoryId} and run.subject_digest = ${digest} and s.finished_at is not null and s.state <> 'skipped'
      union all
      select decided_at, 'verdict', case decision when 'allow' then 'allowed until ' || to_char(valid_until at time zone 'utc', 'YYYY-MM-DD') else 'refused: ' || coalesce(reasons->0->>'message', '') end
        from verdict_history where repository_id = ${repositoryId} and digest = ${digest}
      union all
      select v.created_at, 'revocation', 'revoked by ' || v.revoked_by || ': ' || v.reason from revocation v
        where v.digest = ${digest} and (v.repository_id is null or v.repository_id = ${repositoryId})
      union all
      select v.lifted_at, 'revocation', 'revocation lifted by ' || v.lifted_by from revocation v
        where v.digest = ${digest} and (v.repository_id is null or v.repository_id = ${repositoryId}) and v.lifted_at is not null
      union all
      select created_at, 'signed', 'signed statement ' || predicate_type || case when manifest_digest is null then ' (kept here only)' else '' end from attestation
        where repository_id = ${repositoryId} and subject_digest = ${digest}
      union all
      select finished_at, 'repaired', case when subject_digest = ${digest} then 'repaired as ' || coalesce(repaired_tag || ' ', '') || left(repaired_digest, 19) else 'made by a repair of ' || coalesce(tag || ' ', '') || left(subject_digest, 19) end
        from repair where repository_id = ${repositoryId} and mode = 'repair' and repaired_digest is not null and (subject_digest = ${digest} or repaired_digest = ${digest}) and finished_at is not null
      union all
      select at, 'delivered', case side when 'sent' then 'delivered to ' else 'received from ' end || counterparty || ' as ' || tag from receipt
        where repository_id = ${repositoryId} and digest = ${digest}
    ) as happened order by at desc limit ${MAX}`.execute(tx);
  return rows.reverse().map((row) => ({ at: row.at.toISOString(), what: row.what, sentence: row.sentence }));
}
