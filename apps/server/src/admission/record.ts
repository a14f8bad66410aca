/** Keeps what was decided: a row to search, and an event. */
import { sql } from 'kysely';
import { recordAudit } from '../auth/audit.ts';
import { asSystem, type Db } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { ClusterEntry } from './clusters.ts';
import type { AdmissionReview, ReviewOutcome } from './review.ts';

export async function recordReview(
  db: Db,
  cluster: ClusterEntry,
  { request }: AdmissionReview,
  outcome: ReviewOutcome,
): Promise<void> {
  const name =
    request.name ||
    request.object?.metadata?.name ||
    (request.object?.metadata?.generateName ? `${request.object.metadata.generateName}*` : null);
  const images = outcome.images.map((image) => ({
    reference: image.reference,
    digest: image.digest,
    allowed: image.reason === null,
  }));
  await asSystem(db, async (tx) => {
    await sql`
      insert into admission_review (account_id, cluster_id, uid, operation, kind, namespace, name, username, allowed, mode, reasons, images, break_glass)
      values (${cluster.accountId}, ${cluster.clusterId}, ${request.uid}, ${request.operation}, ${request.kind.kind}, ${request.namespace ?? null}, ${name}, ${request.userInfo?.username ?? null},
              ${outcome.allowed}, ${cluster.mode}, ${JSON.stringify(outcome.reasons)}::jsonb, ${JSON.stringify(images)}::jsonb, ${outcome.breakGlass?.name ?? null})`.execute(
      tx,
    );
    await appendEvent(tx, {
      accountId: cluster.accountId,
      subject: `cluster/${cluster.name}`,
      type: outcome.allowed ? 'admission.allowed' : 'admission.denied',
      data: {
        cluster: cluster.name,
        namespace: request.namespace ?? null,
        kind: request.kind.kind,
        name,
        mode: cluster.mode,
        reasons: outcome.reasons.slice(0, 10),
        images,
      },
    });
    const glass = outcome.breakGlass;
    if (glass)
      await appendEvent(tx, {
        accountId: cluster.accountId,
        subject: `exception/${glass.name}`,
        type: 'break-glass.used',
        data: {
          breakGlass: glass.name,
          by: glass.by,
          reason: glass.reason,
          until: glass.until,
          cluster: cluster.name,
          namespace: request.namespace ?? null,
          kind: request.kind.kind,
          name,
          username: request.userInfo?.username ?? null,
          reasons: outcome.reasons.slice(0, 10),
          images,
        },
      });
    if (glass)
      await recordAudit(tx, {
        accountId: cluster.accountId,
        actor: {
          id: `cluster:${cluster.clusterId}`,
          name: `${cluster.name}: ${request.userInfo?.username ?? 'unknown'}`,
          requestId: request.uid,
          address: null,
        },
        action: 'break-glass.use',
        subject: glass.name,
        detail: { namespace: request.namespace ?? null, kind: request.kind.kind, name, images },
      });
  });
}
