/** Keeps what was decided, before it is answered: a row to search, an event, and of an emergency a line in the audit. */
import { sql } from 'kysely';
import { recordAudit } from '../auth/audit.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { createGroupCommit } from '../db/group-commit.ts';
import type { NewEvent } from '../feed/append-event.ts';
import type { ClusterEntry } from './clusters.ts';
import type { AdmissionReview, ReviewOutcome } from './review.ts';

/** Resolves once it is committed; reviews that are answered at the same time share a transaction. */
export type RecordReview = (cluster: ClusterEntry, review: AdmissionReview, outcome: ReviewOutcome) => Promise<void>;

type Row = {
  cluster: ClusterEntry;
  request: AdmissionReview['request'];
  outcome: ReviewOutcome;
  name: string | null;
  images: { reference: string; digest: string | null; allowed: boolean }[];
};

export function createReviewRecord(db: Db): RecordReview {
  const group = createGroupCommit<Row>(async (rows) => {
    const emergencies = rows.filter((row) => row.outcome.breakGlass !== null);
    // One statement is a transaction of its own: one round trip for each review, not five.
    if (emergencies.length === 0) return insertReviews(db, rows);
    await asSystem(db, async (tx) => {
      for (const row of emergencies) await auditEmergency(tx, row);
      await insertReviews(tx, rows);
    });
  });
  return (cluster, { request }, outcome) =>
    group.add({
      cluster,
      request,
      outcome,
      name: nameOf(request),
      images: outcome.images.map(({ reference, digest, reason }) => ({ reference, digest, allowed: reason === null })),
    });
}

function nameOf({ name, object }: AdmissionReview['request']): string | null {
  const metadata = object?.metadata;
  return name || metadata?.name || (metadata?.generateName ? `${metadata.generateName}*` : null);
}

/** Rows and their events, as the system and in one statement (migration 0022). */
async function insertReviews(db: Db | Tx, rows: readonly Row[]): Promise<void> {
  const reviews = rows.map(({ cluster, request, outcome, name, images }) => ({
    account_id: cluster.accountId,
    cluster_id: cluster.clusterId,
    uid: request.uid,
    operation: request.operation,
    kind: request.kind.kind,
    namespace: request.namespace ?? null,
    name,
    username: request.userInfo?.username ?? null,
    allowed: outcome.allowed,
    mode: cluster.mode,
    reasons: outcome.reasons,
    images,
    break_glass: outcome.breakGlass?.name ?? null,
  }));
  const events = rows
    .flatMap(eventsOf)
    .map(({ accountId, subject, type, data }) => ({ account_id: accountId, subject, type, data }));
  await sql`select record_admission_reviews(${JSON.stringify(reviews)}::jsonb, ${JSON.stringify(events)}::jsonb)`.execute(
    db,
  );
}

function eventsOf({ cluster, request, outcome, name, images }: Row): NewEvent[] {
  const about = {
    cluster: cluster.name,
    namespace: request.namespace ?? null,
    kind: request.kind.kind,
    name,
    reasons: outcome.reasons.slice(0, 10),
    images,
  };
  const decided = {
    accountId: cluster.accountId,
    subject: `cluster/${cluster.name}`,
    type: outcome.allowed ? 'admission.allowed' : 'admission.denied',
    data: { ...about, mode: cluster.mode },
  };
  if (!outcome.breakGlass) return [decided];
  const { name: breakGlass, by, reason, until } = outcome.breakGlass;
  const used = {
    accountId: cluster.accountId,
    subject: `exception/${breakGlass}`,
    type: 'break-glass.used',
    data: { ...about, breakGlass, by, reason, until, username: request.userInfo?.username ?? null },
  };
  return [decided, used];
}

async function auditEmergency(tx: Tx, { cluster, request, outcome, name, images }: Row): Promise<void> {
  await recordAudit(tx, {
    accountId: cluster.accountId,
    actor: {
      id: `cluster:${cluster.clusterId}`,
      name: `${cluster.name}: ${request.userInfo?.username ?? 'unknown'}`,
      requestId: request.uid,
      address: null,
    },
    action: 'break-glass.use',
    subject: outcome.breakGlass?.name ?? '',
    detail: { namespace: request.namespace ?? null, kind: request.kind.kind, name, images },
  });
}
