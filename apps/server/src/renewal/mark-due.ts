/** Says that verdicts should be looked at again because something they were decided from has changed. */
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { enqueue } from '../jobs/run-queue.ts';

/** Part of the transaction that changed the account's rules; the rows follow in a job, in batches. */
export async function rulesChanged(tx: Tx, accountId: string): Promise<void> {
  await enqueue(tx, 'renewal.mark', { accountId });
}

const BATCH = 5000;

/** Marks every verdict of the account; small transactions, so that nothing waits for it. */
export async function markAccount(db: Db, accountId: string): Promise<void> {
  for (let after = { repositoryId: '00000000-0000-0000-0000-000000000000', digest: '' }; ; ) {
    const marked = await asSystem(db, (tx) => markBatch(tx, accountId, after));
    const last = marked.at(-1);
    if (!last || marked.length < BATCH) return;
    after = last;
  }
}

type Key = { repositoryId: string; digest: string };

async function markBatch(tx: Tx, accountId: string, after: Key): Promise<Key[]> {
  const { rows } = await sql<{ repository_id: string; digest: string }>`
    with batch as (
      select repository_id, digest from verdict where account_id = ${accountId} and (repository_id, digest) > (${after.repositoryId}::uuid, ${after.digest})
      order by repository_id, digest limit ${BATCH}),
    marked as (
      update verdict v set renew_at = least(v.renew_at, now()) from batch
      where v.account_id = ${accountId} and v.repository_id = batch.repository_id and v.digest = batch.digest and v.state in ('valid', 'expired') and v.renew_at > now())
    select repository_id, digest from batch order by repository_id, digest`.execute(tx);
  return rows.map((row) => ({ repositoryId: row.repository_id, digest: row.digest }));
}

/** Marks the verdicts, of whatever account, on these manifests and on indexes that list them. */
export async function markManifests(tx: Tx, manifests: readonly string[]): Promise<number> {
  const { rows } = await sql<{ marked: number }>`
    with touched as (
      select unnest(${[...manifests]}::text[]) as digest
      union select parent from manifest_edge where child = any (${[...manifests]}::text[]) and kind = 'manifest'),
    marked as (
      update verdict v set renew_at = now() from touched where v.digest = touched.digest and v.state in ('valid', 'expired') and v.renew_at > now() returning 1)
    select count(*)::int as marked from marked`.execute(tx);
  return rows[0]?.marked ?? 0;
}
