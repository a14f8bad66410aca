/** Ends a revocation: nothing is allowed by that alone, the image is judged anew. */
import { sql } from 'kysely';
import { type Actor, recordAudit } from '../auth/audit.ts';
import { startRun } from '../chain/start-run.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { findRepositoryById } from '../registry/find-repository.ts';
import { lockDigests } from './lock-digests.ts';

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
  await lockDigests(tx, accountId, [digest]);
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
  for (const subject of await readRevokedSubjects(
    tx,
    accountId,
    rows.map((row) => row.digest),
  )) {
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

/** What runs were about whose verdicts are revoked now: the images themselves, and indexes that list them. */
async function readRevokedSubjects(
  tx: Tx,
  accountId: string,
  digests: string[],
): Promise<{ repository_id: string; digest: string; tag: string | null }[]> {
  const { rows } = await sql<{ repository_id: string; digest: string; tag: string | null }>`
    select distinct on (run.repository_id, run.subject_digest) run.repository_id, run.subject_digest as digest,
      (select t.name from tag t where t.repository_id = run.repository_id and t.digest = run.subject_digest order by t.updated_at desc limit 1) as tag
    from verdict v join run using (run_id)
    where v.account_id = ${accountId} and v.state = 'revoked'
      and (v.digest = any (${digests}::text[]) or v.digest in (select parent from manifest_edge where child = any (${digests}::text[]) and kind = 'manifest'))`.execute(
    tx,
  );
  return rows;
}
