/** Tells the accounts that hold an image what its contents are known to be now: numbers, nothing of what was found. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvents } from '../feed/append-event.ts';

type Row = {
  account_id: string;
  account: string;
  repository_id: string;
  repository: string;
  secrets: number;
  reachable: number;
  malware: number;
  failed: number;
  unexamined: number;
  failure: string | null;
};

const MAX_HOLDERS = 1000;

/** One event `contents.examined` for each repository that holds the manifest. */
export async function tellExamined(tx: Tx, manifestDigest: string): Promise<void> {
  const { rows } = await sql<Row>`
    select a.account_id, a.name as account, r.repository_id, r.name as repository, e.secret_count as secrets, e.reachable_count as reachable,
      e.malware_count as malware, e.failed_count as failed, e.unexamined_count as unexamined, e.failure
    from content_examination e join repository_manifest held on held.digest = e.manifest_digest
    join repository r using (repository_id) join account a on a.account_id = r.account_id
    where e.manifest_digest = ${manifestDigest} and e.newest order by r.repository_id limit ${MAX_HOLDERS}`.execute(tx);
  await appendEvents(
    tx,
    rows.map((row) => ({
      accountId: row.account_id,
      subject: `repository/${row.repository}@${manifestDigest}`,
      type: 'contents.examined',
      data: {
        repositoryId: row.repository_id,
        repository: row.repository,
        account: row.account,
        digest: manifestDigest,
        secrets: row.secrets,
        reachableSecrets: row.reachable,
        malware: row.malware,
        failedChecks: row.failed,
        unexamined: row.unexamined,
        failure: row.failure,
      },
    })),
  );
}
