/** Ends a revocation: nothing is allowed by that alone, the image is judged anew. */
import { sql } from 'kysely';
import { type Actor, recordAudit } from '../auth/audit.ts';
import { startRun } from '../chain/start-run.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { lockDigests } from './lock-digests.ts';
import { readAncestors } from './revoke.ts';

/**
 * Of a platform that an index took with it, the index's revocation ends.
 * @returns names of the repositories in which the image is judged anew
 * @throws ServerError `not-found` when no revocation of the digest is in force
 */
export async function liftRevocation(
  tx: Tx,
  order: { accountId: string; digest: string; reason: string; actor: Actor },
): Promise<string[]> {
  const { accountId, digest, actor } = order;
  // A gate that decides on any of them meanwhile finds them revoked or reinstated, not half of each.
  await lockDigests(tx, accountId, await readRevokedTogether(tx, accountId, digest));
  const { rows } = await sql<{ digest: string }>`
    update revocation set lifted_at = now(), lifted_by = ${actor.name}
    where account_id = ${accountId} and lifted_at is null
      and root_digest in (select root_digest from revocation where account_id = ${accountId} and digest = ${digest} and lifted_at is null)
    returning digest`.execute(tx);
  if (rows.length === 0) throw new ServerError('not-found', `no revocation of ${digest} is in force`);
  await recordAudit(tx, {
    accountId,
    actor,
    action: 'image.reinstate',
    subject: digest,
    detail: { reason: order.reason },
  });
  await appendEvent(tx, {
    accountId,
    subject: `image/${digest}`,
    type: 'image.reinstated',
    data: { digest, reason: order.reason, by: actor.name },
  });
  const names: string[] = [];
  const lifted = rows.map((row) => row.digest);
  for (const subject of await readRevokedSubjects(tx, accountId, [...lifted, ...(await readAncestors(tx, lifted))])) {
    const repository = await findRepositoryById(tx, subject.repository_id);
    if (!repository) continue;
    await startRun(tx, {
      repository,
      digest: subject.digest,
      tag: subject.tag,
      trigger: 'renewal',
      requestedBy: actor.name,
    });
    names.push(repository.name);
  }
  return [...new Set(names)];
}

/** Digests that were revoked in one go with this one; of an index what it lists, of a platform its index too. */
async function readRevokedTogether(tx: Tx, accountId: string, digest: string): Promise<string[]> {
  const { rows } = await sql<{ digest: string }>`
    select r.digest from revocation r join revocation named using (account_id, root_digest)
    where account_id = ${accountId} and named.digest = ${digest} and named.lifted_at is null and r.lifted_at is null`.execute(
    tx,
  );
  return rows.map((row) => row.digest);
}

/** What runs were about whose verdicts on these digests are revoked now. */
async function readRevokedSubjects(
  tx: Tx,
  accountId: string,
  digests: string[],
): Promise<{ repository_id: string; digest: string; tag: string | null }[]> {
  const { rows } = await sql<{ repository_id: string; digest: string; tag: string | null }>`
    select distinct on (run.repository_id, run.subject_digest) run.repository_id, run.subject_digest as digest,
      (select t.name from tag t where t.repository_id = run.repository_id and t.digest = run.subject_digest order by t.updated_at desc limit 1) as tag
    from verdict v join run using (run_id)
    where v.account_id = ${accountId} and v.state = 'revoked' and v.digest = any (${digests}::text[])`.execute(tx);
  return rows;
}
