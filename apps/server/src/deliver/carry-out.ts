/** Carries out a delivery: copy, prove, tag, and write a receipt on both sides. May be cut off anywhere and done again. */
import { type CopyProof, copyGraph } from '@pratique/oci';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { SYSTEM_ACTOR } from '../auth/audit.ts';
import type { BlobStore } from '../blobs/store.ts';
import { isPermanent } from '../chain/run-step.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Repository } from '../registry/cache.ts';
import { ensureRepository, findRepositoryById } from '../registry/find-repository.ts';
import { localSink, localSource } from '../registry/local-content.ts';
import { type OnTagged, putManifest } from '../registry/put-manifest.ts';
import { readManifestByDigest } from '../registry/read-content.ts';
import { vexReceived } from '../vex/attached-vex.ts';
import { requireAllowed } from './request-delivery.ts';

export type DeliveryDeps = { db: Db; store: BlobStore; onTagged: OnTagged };

type Row = {
  delivery_id: string;
  contract_id: string;
  from_repository_id: string;
  to_account_id: string;
  to_account: string;
  to_repository: string;
  to_tag: string;
  digest: string;
  state: string;
  in_force: boolean;
};

/** @returns the proof of equality; null when the delivery was done before */
export async function carryOutDelivery(deps: DeliveryDeps, deliveryId: string): Promise<CopyProof | null> {
  const prepared = await asSystem(deps.db, async (tx) => {
    const row = await readDelivery(tx, deliveryId);
    if (!row || row.state !== 'copying') return null;
    if (!row.in_force) throw new ServerError('forbidden', 'the contract of this delivery has ended');
    const from = await findRepositoryById(tx, row.from_repository_id);
    if (!from) throw new ServerError('not-found', 'the repository to deliver from is gone');
    await requireAllowed(tx, from, row.digest);
    return { row, from, to: await ensureRepository(tx, row.to_account_id, row.to_account, row.to_repository) };
  });
  if (!prepared) return null;
  const { row, from, to } = prepared;
  const sink = localSink(deps, to, SYSTEM_ACTOR, 'delivery', { from });
  const proof = await copyGraph(localSource(deps, from), sink, row.digest, { tag: null, referrers: true });
  await asSystem(deps.db, (tx) => finishDelivery(tx, deps, row, from, to, proof));
  return proof;
}

/**
 * Carries out a delivery that somebody asked for, and says so when it will not come about.
 * @throws what went wrong, where trying again may help
 */
export async function runDelivery(
  deps: DeliveryDeps,
  deliveryId: string,
  lastAttempt: boolean,
  log: Logger,
): Promise<void> {
  try {
    await carryOutDelivery(deps, deliveryId);
  } catch (error) {
    if (!lastAttempt && !isPermanent(error) && (error as Error).name !== 'RegistryError') throw error;
    log.warn({ err: error, deliveryId }, 'delivery failed');
    await asSystem(deps.db, (tx) => failDelivery(tx, deliveryId, (error as Error).message.slice(0, 2000)));
  }
}

async function failDelivery(tx: Tx, deliveryId: string, message: string): Promise<void> {
  const { rows } = await sql<{ account_id: string; digest: string; to: string }>`
    update delivery d set state = 'failed', error = ${message} from account a
    where d.delivery_id = ${deliveryId} and d.state = 'copying' and a.account_id = d.to_account_id
    returning d.account_id, d.digest, a.name || '/' || d.to_repository || ':' || d.to_tag as to`.execute(tx);
  const failed = rows[0];
  if (!failed) return;
  await appendEvent(tx, {
    accountId: failed.account_id,
    subject: `delivery/${deliveryId}`,
    type: 'delivery.failed',
    data: { deliveryId, digest: failed.digest, to: failed.to, reason: message },
  });
}

/** The tag, the receipts, the events and the receiver's run become true together. */
async function finishDelivery(
  tx: Tx,
  deps: DeliveryDeps,
  row: Row,
  from: Repository,
  to: Repository,
  proof: CopyProof,
): Promise<void> {
  // Both accounts' counters in one order: deliveries that cross each other would wait for each other.
  await sql`select from account where account_id = any (${[from.accountId, to.accountId]}::uuid[]) order by account_id for update`.execute(
    tx,
  );
  const taken =
    await sql`update delivery set state = 'delivered', delivered_at = now() where delivery_id = ${row.delivery_id} and state = 'copying' returning 1`.execute(
      tx,
    );
  if (taken.rows.length === 0) return; // another process finished it between our copy and now
  // A verdict may have been withdrawn while the copy ran.
  await requireAllowed(tx, from, row.digest);
  const manifest = await readManifestByDigest(tx, to.repositoryId, row.digest);
  if (!manifest) throw new ServerError('internal', 'the delivered manifest is not there after the copy');
  const actor = { ...SYSTEM_ACTOR, name: `delivery from ${from.account}` };
  await putManifest(
    tx,
    {
      repository: to,
      tag: row.to_tag,
      expected: row.digest,
      contentType: manifest.mediaType,
      bytes: manifest.bytes,
      actor,
      origin: 'delivery',
      immutable: true,
    },
    deps.onTagged,
  );
  await insertReceipt(tx, row, 'sent', from, to, proof);
  await insertReceipt(tx, row, 'received', to, from, proof);
  await vexReceived(tx, { repositoryId: to.repositoryId, digest: row.digest });
  const data = {
    deliveryId: row.delivery_id,
    digest: row.digest,
    tag: row.to_tag,
    from: `${from.account}/${from.name}`,
    to: `${to.account}/${to.name}`,
    graphHash: proof.graphHash,
  };
  await appendEvent(tx, {
    accountId: from.accountId,
    subject: `repository/${from.name}@${row.digest}`,
    type: 'delivery.sent',
    data: { ...data, repositoryId: from.repositoryId, repository: from.name },
  });
  await appendEvent(tx, {
    accountId: to.accountId,
    subject: `repository/${to.name}@${row.digest}`,
    type: 'delivery.received',
    data: { ...data, repositoryId: to.repositoryId, repository: to.name },
  });
}

async function readDelivery(tx: Tx, deliveryId: string): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    select d.delivery_id, d.contract_id, d.from_repository_id, d.to_account_id, a.name as to_account, d.to_repository, d.to_tag, d.digest, d.state,
           c.accepted_at is not null and c.ended_at is null as in_force
    from delivery d join contract c using (contract_id) join account a on a.account_id = d.to_account_id where d.delivery_id = ${deliveryId}`.execute(
    tx,
  );
  return rows[0];
}

async function insertReceipt(
  tx: Tx,
  row: Row,
  side: 'sent' | 'received',
  mine: Repository,
  theirs: Repository,
  proof: CopyProof,
): Promise<void> {
  await sql`
    insert into receipt (account_id, delivery_id, side, repository_id, repository, counterparty, tag, digest, manifests, blobs, graph_hash)
    values (${mine.accountId}, ${row.delivery_id}, ${side}, ${mine.repositoryId}, ${mine.name}, ${`${theirs.account}/${theirs.name}`}, ${row.to_tag}, ${row.digest},
            ${proof.manifests}, ${proof.blobs}, ${proof.graphHash}) on conflict (delivery_id, side) do nothing`.execute(
    tx,
  );
}
