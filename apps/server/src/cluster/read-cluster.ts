/** What is known of a cluster: its agent, what runs there, what was decided lately. */
import type { AgentState, ClusterStatus, Placement } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { SILENT_AFTER_S } from './take-report.ts';

type AgentRow = {
  version: string | null;
  enrolled_at: Date | null;
  reported_at: Date | null;
  certificate_ends_at: Date | null;
  clock_offset_ms: number | null;
  trusts: string[] | null;
  pods: number;
  containers: number;
};

export async function readAgentState(
  tx: Tx,
  clusterId: string,
  now: Date,
): Promise<{ agent: AgentState; pods: number; containers: number; trusts: string[] | null }> {
  const { rows } = await sql<AgentRow>`
    select g.version, g.enrolled_at, g.reported_at, g.certificate_ends_at, g.clock_offset_ms, g.trusts, count(distinct p.pod_uid)::int as pods, count(p.pod_uid)::int as containers
    from cluster c left join cluster_agent g using (cluster_id) left join placement p using (cluster_id) where c.cluster_id = ${clusterId}
    group by g.cluster_id`.execute(tx);
  const row = rows[0];
  return {
    agent: {
      state: stateOf(row, now),
      version: row?.version ?? null,
      enrolledAt: row?.enrolled_at?.toISOString() ?? null,
      reportedAt: row?.reported_at?.toISOString() ?? null,
      certificateEndsAt: row?.certificate_ends_at?.toISOString() ?? null,
      clockOffset: row?.clock_offset_ms == null ? null : Math.round(row.clock_offset_ms / 1000),
    },
    trusts: row?.trusts ?? null,
    pods: row?.pods ?? 0,
    containers: row?.containers ?? 0,
  };
}

function stateOf(row: AgentRow | undefined, now: Date): AgentState['state'] {
  if (!row?.enrolled_at) return 'not-enrolled';
  if (!row.reported_at) return 'enrolled';
  return isSilent(row.reported_at, now) ? 'silent' : 'reporting';
}

const isSilent = (reportedAt: Date | null, now: Date): boolean =>
  reportedAt === null || now.getTime() - reportedAt.getTime() > SILENT_AFTER_S * 1000;

export type PlacedRow = {
  cluster: string;
  namespace: string;
  workload_kind: string | null;
  workload_name: string | null;
  pod: string;
  container: string;
  image: string;
  digest: string | null;
  running_digest: string | null;
  started_at: Date | null;
  reported_at: Date | null;
};

/** Where things run; of one cluster, of images by any of these digests, or both. */
export async function readPlacements(
  tx: Tx,
  filter: { clusterId?: string; digests: readonly string[] | null; limit: number; offset: number },
  now: Date,
): Promise<Placement[]> {
  const clusterId = filter.clusterId ?? null;
  const { rows } = await sql<PlacedRow>`
    select c.name as cluster, p.namespace, p.workload_kind, p.workload_name, p.pod, p.container, p.image, p.digest, p.running_digest, p.started_at, g.reported_at
    from placement p join cluster c using (cluster_id) join cluster_agent g using (cluster_id)
    where (${clusterId}::uuid is null or p.cluster_id = ${clusterId}::uuid) and (${filter.digests}::text[] is null or p.digest = any (${filter.digests}::text[]) or p.running_digest = any (${filter.digests}::text[]))
    order by c.name, p.namespace, p.pod, p.container limit ${filter.limit} offset ${filter.offset}`.execute(tx);
  return rows.map((row) => toPlacement(row, now));
}

export function toPlacement(row: PlacedRow, now: Date): Placement {
  return {
    cluster: row.cluster,
    namespace: row.namespace,
    workload: row.workload_kind && row.workload_name ? { kind: row.workload_kind, name: row.workload_name } : null,
    pod: row.pod,
    container: row.container,
    image: row.image,
    digest: row.digest,
    runningDigest: row.running_digest,
    startedAt: row.started_at?.toISOString() ?? null,
    heardAt: row.reported_at?.toISOString() ?? null,
    isSilent: isSilent(row.reported_at, now),
  };
}

export async function readReviewSummary(tx: Tx, clusterId: string): Promise<ClusterStatus['reviews']> {
  const counted = await sql<{ allowed: number; denied: number }>`
    select count(*) filter (where allowed)::int as allowed, count(*) filter (where not allowed)::int as denied
    from admission_review where cluster_id = ${clusterId} and at > now() - interval '1 hour'`.execute(tx);
  const latest = await sql<{
    at: Date;
    allowed: boolean;
    kind: string;
    namespace: string | null;
    name: string | null;
    reasons: string[];
  }>`
    select at, allowed, kind, namespace, name, reasons from admission_review where cluster_id = ${clusterId} order by admission_review_id desc limit 5`.execute(
    tx,
  );
  return {
    lastHour: counted.rows[0] ?? { allowed: 0, denied: 0 },
    latest: latest.rows.map((row) => ({ ...row, at: row.at.toISOString(), reasons: row.reasons.slice(0, 5) })),
  };
}
