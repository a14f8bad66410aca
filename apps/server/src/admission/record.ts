/** Keeps what was decided, before it is answered: a row to search, an event, and of an emergency a line in the audit. */
import { sql } from 'kysely';
import { recordAudit } from '../auth/audit.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { createGroupCommit } from '../db/group-commit.ts';
import { appendEvents, type NewEvent } from '../feed/append-event.ts';
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
  const group = createGroupCommit<Row>((rows) =>
    asSystem(db, async (tx) => {
      await insertReviews(tx, rows);
      for (const row of rows) if (row.outcome.breakGlass) await auditEmergency(tx, row);
      // Last, for it locks the accounts' counters until the commit.
      await appendEvents(tx, rows.flatMap(eventsOf));
    }),
  );
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

async function insertReviews(tx: Tx, rows: readonly Row[]): Promise<void> {
  const json = (values: unknown[]) => values.map((value) => JSON.stringify(value));
  await sql`
    insert into admission_review (account_id, cluster_id, uid, operation, kind, namespace, name, username, allowed, mode, reasons, images, break_glass)
    select * from unnest(${rows.map((r) => r.cluster.accountId)}::uuid[], ${rows.map((r) => r.cluster.clusterId)}::uuid[], ${rows.map((r) => r.request.uid)}::text[],
      ${rows.map((r) => r.request.operation)}::text[], ${rows.map((r) => r.request.kind.kind)}::text[], ${rows.map((r) => r.request.namespace ?? null)}::text[],
      ${rows.map((r) => r.name)}::text[], ${rows.map((r) => r.request.userInfo?.username ?? null)}::text[], ${rows.map((r) => r.outcome.allowed)}::bool[],
      ${rows.map((r) => r.cluster.mode)}::text[], ${json(rows.map((r) => r.outcome.reasons))}::jsonb[], ${json(rows.map((r) => r.images))}::jsonb[],
      ${rows.map((r) => r.outcome.breakGlass?.name ?? null)}::text[])`.execute(tx);
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
