/** After a statement was added or taken back: verdicts on the account's images that have the hole are looked at again. */
import { sql } from 'kysely';
import { z } from 'zod';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { enqueue, enqueueAll } from '../jobs/run-queue.ts';

export const ChangedHoles = z.object({ accountId: z.uuid(), names: z.array(z.string()) });
export type ChangedHoles = z.infer<typeof ChangedHoles>;

/** Names that one job looks for. */
const NAMES = 5000;

/** Part of the transaction that changed what is stated; the rows follow in jobs. */
export async function holesChanged(tx: Tx, accountId: string, names: readonly string[]): Promise<void> {
  for (let at = 0; at < names.length; at += NAMES)
    await enqueue(tx, 'vex.mark', { accountId, names: names.slice(at, at + NAMES) });
}

/** Marks the verdicts on images, and on indexes that list them, in which one of the holes was found. */
export async function markHoles(db: Db, { accountId, names }: ChangedHoles): Promise<number> {
  return asSystem(db, async (tx) => {
    const { rows } = await sql<{ repository_id: string; digest: string; attested: boolean }>`
      with holed as (
        select distinct i.manifest_digest as digest
        from package_match m join inventory_package p using (package_id) join inventory i using (inventory_id)
        where (m.advisory_id = any (${names}::text[]) or m.aliases && ${names}::text[]) and p.owner is null
          and exists (select from repository_manifest held join repository r using (repository_id) where held.digest = i.manifest_digest and r.account_id = ${accountId})),
      touched as (select digest from holed union select e.parent from manifest_edge e join holed on e.child = holed.digest where e.kind = 'manifest'),
      marked as (
        update verdict v set renew_at = now() from touched
        where v.account_id = ${accountId} and v.digest = touched.digest and v.state in ('valid', 'expired') and v.renew_at > now() returning v.repository_id, v.digest, v.decision)
      select repository_id, digest, decision = 'allow' and exists (select from attestation a where a.repository_id = marked.repository_id and a.subject_digest = marked.digest) as attested from marked`.execute(
      tx,
    );
    // What is attested says what is stated, also where the decision stays what it is.
    const refreshed = rows.filter((row) => row.attested);
    await enqueueAll(
      tx,
      'trust.refresh',
      refreshed.map((row) => ({ repositoryId: row.repository_id, digest: row.digest })),
    );
    return rows.length;
  });
}
