/** One-time tokens by which the agent of a cluster gets its first certificate. */
import { sql } from 'kysely';
import { recordAudit } from '../auth/audit.ts';
import { hashSecret, makeSecret } from '../auth/secret.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { ClusterCertificate, Signer } from '../signer/client.ts';

export const TOKEN_HOURS = 24;

/** A new token for the cluster. The one before it counts no more; a certificate that is in use does until this is used. */
export async function issueToken(
  tx: Tx,
  cluster: { accountId: string; clusterId: string },
  now: Date,
): Promise<{ token: string; expiresAt: Date }> {
  const token = makeSecret('cluster').slice('prq_cluster_'.length);
  const expiresAt = new Date(now.getTime() + TOKEN_HOURS * 3_600_000);
  await sql`
    insert into cluster_agent (cluster_id, account_id, token_hash, token_expires_at) values (${cluster.clusterId}, ${cluster.accountId}, ${hashSecret(token)}, ${expiresAt})
    on conflict (cluster_id) do update set token_hash = excluded.token_hash, token_expires_at = excluded.token_expires_at, enrolled_key = null`.execute(
    tx,
  );
  return { token, expiresAt };
}

const REFUSED =
  'this token enrols no cluster: it was used, has expired, or was never given; get another with pratique cluster enroll NAME --again';

/**
 * Gives the first certificate for a token. Used once; whoever used it gets another certificate for the same key until
 * the token expires, since the first answer may have been lost. Certificates from before speak for nobody any more.
 * @throws ServerError `forbidden` in the same words whatever is wrong with the token, `invalid` for an unusable request
 */
export async function enrolAgent(
  deps: { db: Db; signer: Pick<Signer, 'clusterCertificate'> },
  request: { token: string; csr: string },
  now: Date,
): Promise<ClusterCertificate> {
  const hash = hashSecret(request.token);
  const known = await asSystem(deps.db, (tx) => findToken(tx, hash, now));
  if (!known) throw new ServerError('forbidden', REFUSED);
  const issued = await deps.signer.clusterCertificate(known.cluster_id, request.csr);
  await asSystem(deps.db, async (tx) => {
    const used = await useToken(tx, hash, issued, now);
    if (!used) throw new ServerError('forbidden', REFUSED);
    const subject = `cluster/${known.name}`;
    const actor = { id: subject, name: subject, requestId: '-', address: null };
    await recordAudit(tx, { accountId: known.account_id, actor, action: 'cluster.enrolled', subject: known.name });
    await appendEvent(tx, {
      accountId: known.account_id,
      subject,
      type: 'cluster.changed',
      data: { cluster: known.name, action: 'cluster.enrolled' },
    });
  });
  return issued;
}

type Known = { cluster_id: string; account_id: string; name: string };

async function findToken(tx: Tx, hash: Buffer, now: Date): Promise<Known | undefined> {
  const { rows } = await sql<Known>`
    select c.cluster_id, c.account_id, c.name from cluster_agent g join cluster c using (cluster_id)
    where g.token_hash = ${hash} and g.token_expires_at > ${now} and c.removed_at is null`.execute(tx);
  return rows[0];
}

/** One statement decides: of two that use a token at once, one finds the other's key. */
async function useToken(tx: Tx, hash: Buffer, issued: ClusterCertificate, now: Date): Promise<boolean> {
  const key = Buffer.from(issued.keyHash, 'base64');
  const { rows } = await sql`
    update cluster_agent g set enrolled_key = ${key}, enrolled_at = ${now}, serial = ${issued.serial}, previous_serial = null,
      certificate_ends_at = ${issued.endsAt}, generation = null, sequence = null, is_complete = false
    from cluster c where c.cluster_id = g.cluster_id and c.removed_at is null
      and g.token_hash = ${hash} and g.token_expires_at > ${now} and (g.enrolled_key is null or g.enrolled_key = ${key}) returning 1`.execute(
    tx,
  );
  return rows.length === 1;
}

/**
 * Gives the next certificate to an agent that has shown the one before.
 * @throws ServerError `forbidden` when the cluster was removed or enrolled again meanwhile, `invalid`
 */
export async function renewAgent(
  deps: { db: Db; signer: Pick<Signer, 'clusterCertificate'> },
  identity: { clusterId: string; serial: string },
  csr: string,
): Promise<ClusterCertificate> {
  const issued = await deps.signer.clusterCertificate(identity.clusterId, csr);
  const { rows } = await asSystem(deps.db, (tx) =>
    sql`
      update cluster_agent g set previous_serial = ${identity.serial}, serial = ${issued.serial}, certificate_ends_at = ${issued.endsAt}
      from cluster c where c.cluster_id = g.cluster_id and c.removed_at is null and g.cluster_id = ${identity.clusterId}
        and ${identity.serial} in (g.serial, g.previous_serial) returning 1`.execute(tx),
  );
  if (rows.length === 0) throw new ServerError('forbidden', 'this certificate speaks for no cluster any more');
  return issued;
}
