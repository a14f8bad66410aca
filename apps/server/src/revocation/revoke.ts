/** Takes an image out of service at once: a row, the verdicts, and the events that every process reads. */
import { sql } from 'kysely';
import { type Actor, recordAudit } from '../auth/audit.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent, appendEvents } from '../feed/append-event.ts';
import { keepHistory } from '../gate/keep-history.ts';
import { enqueueAll } from '../jobs/run-queue.ts';
import { lockDigests } from './lock-digests.ts';
import { revokedSentence } from './read-revocation.ts';

export type RevokeOrder = {
  accountId: string;
  account: string;
  digest: string;
  /** null: in every repository of the account, those to come included. */
  repository: { repositoryId: string; name: string } | null;
  reason: string;
  actor: Actor;
};

export type Revoked = {
  /** The digest itself and, of an index, what it lists. */
  digests: string[];
  /** Verdicts that were in force and no longer are, those of indexes that list the image included. */
  verdicts: { repository: string; digest: string }[];
};

/**
 * What is denied from the commit on waits for no signature: withdrawing signatures and signing the denial are jobs.
 * @throws ServerError `conflict` when it is revoked already
 */
export async function revokeImage(tx: Tx, order: RevokeOrder): Promise<Revoked> {
  const { accountId, digest, actor } = order;
  const [within, around] = [await readDescendants(tx, digest), await readAncestors(tx, [digest])];
  const digests = [digest, ...within];
  await lockDigests(tx, accountId, [...digests, ...around]);
  const at = await insertRevocations(tx, order, digests);
  if (at === null)
    throw new ServerError('conflict', `${digest} is revoked already; lift it with: pratique revoke --lift`);
  const reason = {
    constraint: 'revocation',
    template: 'Revocation',
    action: 'deny',
    message: revokedSentence({ by: actor.name, at, reason: order.reason }),
    details: { by: actor.name, at: at.toISOString() },
  };
  const changed = await revokeVerdicts(tx, order, [...digests, ...around], reason);
  await recordAudit(tx, {
    accountId,
    actor,
    action: 'image.revoke',
    subject: order.repository ? `${order.repository.name}@${digest}` : digest,
    detail: { reason: order.reason, verdicts: changed.length },
  });
  const events = changed.map((row) => ({
    accountId,
    subject: `repository/${row.repository}@${row.digest}`,
    type: 'verdict.revoked',
    data: {
      repositoryId: row.repository_id,
      repository: row.repository,
      account: order.account,
      digest: row.digest,
      reason: order.reason,
      by: actor.name,
    },
  }));
  await appendEvents(tx, events);
  if (changed.length === 0)
    await appendEvent(tx, {
      accountId,
      subject: `image/${digest}`,
      type: 'image.revoked',
      data: { digest, repository: order.repository?.name ?? null, reason: order.reason, by: actor.name },
    });
  await enqueueAll(
    tx,
    'trust.withdraw',
    changed.map((row) => ({ repositoryId: row.repository_id, digest: row.digest })),
  );
  return { digests, verdicts: changed.map(({ repository, digest: of }) => ({ repository, digest: of })) };
}

/** Manifests that an index lists, directly or through others. */
export async function readDescendants(tx: Tx, digest: string): Promise<string[]> {
  const { rows } = await sql<{ digest: string }>`
    with recursive below (digest, depth) as (
      select child, 1 from manifest_edge where parent = ${digest} and kind = 'manifest'
      union select e.child, depth + 1 from below join manifest_edge e on e.parent = below.digest and e.kind = 'manifest' where depth < 8)
    select distinct digest from below where digest <> ${digest} order by digest`.execute(tx);
  return rows.map((row) => row.digest);
}

/** Indexes that list one of the manifests, directly or through others. */
export async function readAncestors(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ digest: string }>`
    with recursive above (digest, depth) as (
      select parent, 1 from manifest_edge where child = any (${[...digests]}::text[]) and kind = 'manifest'
      union select e.parent, depth + 1 from above join manifest_edge e on e.child = above.digest and e.kind = 'manifest' where depth < 8)
    select distinct digest from above where digest <> all (${[...digests]}::text[]) order by digest`.execute(tx);
  return rows.map((row) => row.digest);
}

async function insertRevocations(tx: Tx, order: RevokeOrder, digests: string[]): Promise<Date | null> {
  const { rows } = await sql<{ digest: string; created_at: Date }>`
    insert into revocation (account_id, digest, root_digest, repository_id, reason, revoked_by)
    select ${order.accountId}, digest, ${order.digest}, ${order.repository?.repositoryId ?? null}, ${order.reason}, ${order.actor.name} from unnest(${digests}::text[]) as digest
    on conflict do nothing returning digest, created_at`.execute(tx);
  return rows.find((row) => row.digest === order.digest)?.created_at ?? null;
}

type Changed = { repository_id: string; repository: string; digest: string };

async function revokeVerdicts(
  tx: Tx,
  order: RevokeOrder,
  digests: string[],
  reason: Record<string, unknown>,
): Promise<Changed[]> {
  const { rows } = await sql<Changed>`
    update verdict v set state = 'revoked', decision = 'deny', reasons = ${JSON.stringify([reason])}::jsonb || v.reasons, decided_at = now()
    from repository r where r.repository_id = v.repository_id and v.account_id = ${order.accountId} and v.digest = any (${digests}::text[]) and v.state <> 'revoked'
      and (${order.repository?.repositoryId ?? null}::uuid is null or v.repository_id = ${order.repository?.repositoryId ?? null}::uuid)
    returning v.repository_id, r.name as repository, v.digest`.execute(tx);
  await keepHistory(
    tx,
    order.accountId,
    rows.map((row) => ({ repositoryId: row.repository_id, digest: row.digest })),
  );
  return rows;
}
