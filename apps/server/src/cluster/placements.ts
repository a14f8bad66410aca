/** The rows of what runs where. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type ReportingCluster = { clusterId: string; accountId: string; name: string };

export type PlacementRow = {
  podUid: string;
  container: string;
  namespace: string;
  pod: string;
  workloadKind: string | null;
  workloadName: string | null;
  image: string;
  /** What the pod pins; what it runs where it pins nothing; null while neither is known. */
  digest: string | null;
  /** What the runtime runs, where that is something else. */
  runningDigest: string | null;
  /** null while the container waits. */
  startedAt: Date | string | null;
};

const COLUMNS = sql`
  pod_uid as "podUid", container, namespace, pod, workload_kind as "workloadKind", workload_name as "workloadName", image, digest,
  running_digest as "runningDigest", started_at as "startedAt"`;

export async function readPods(tx: Tx, clusterId: string, uids: readonly string[]): Promise<PlacementRow[]> {
  if (uids.length === 0) return [];
  const { rows } = await sql<PlacementRow>`
    select ${COLUMNS} from placement where cluster_id = ${clusterId} and pod_uid = any (${uids}::text[])`.execute(tx);
  return rows;
}

export async function countPlacements(tx: Tx, clusterId: string): Promise<number> {
  const { rows } = await sql<{
    n: number;
  }>`select count(*)::int as n from placement where cluster_id = ${clusterId}`.execute(tx);
  return rows[0]?.n ?? 0;
}

export async function deletePods(tx: Tx, clusterId: string, uids: readonly string[]): Promise<void> {
  if (uids.length === 0) return;
  await sql`delete from placement where cluster_id = ${clusterId} and pod_uid = any (${uids}::text[])`.execute(tx);
}

export async function deleteRows(tx: Tx, clusterId: string, rows: readonly PlacementRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    delete from placement p using jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as gone ("podUid" text, container text)
    where p.cluster_id = ${clusterId} and p.pod_uid = gone."podUid" and p.container = gone.container`.execute(tx);
}

/** What the snapshot did not name: it ended while nobody heard the agent. */
export async function deleteOtherGenerations(tx: Tx, clusterId: string, generation: string): Promise<PlacementRow[]> {
  const { rows } = await sql<PlacementRow>`
    delete from placement where cluster_id = ${clusterId} and generation <> ${generation}::uuid returning ${COLUMNS}`.execute(
    tx,
  );
  return rows;
}

export async function writeRows(
  tx: Tx,
  cluster: { clusterId: string; accountId: string },
  generation: string,
  rows: readonly PlacementRow[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into placement (cluster_id, account_id, pod_uid, container, namespace, pod, workload_kind, workload_name, image, digest, running_digest,
      started_at, first_seen, last_seen, generation)
    select ${cluster.clusterId}::uuid, ${cluster.accountId}::uuid, "podUid", container, namespace, pod, "workloadKind", "workloadName", image, digest, "runningDigest",
      "startedAt", ${now}::timestamptz, ${now}::timestamptz, ${generation}::uuid
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row ("podUid" text, container text, namespace text, pod text, "workloadKind" text,
      "workloadName" text, image text, digest text, "runningDigest" text, "startedAt" timestamptz)
    on conflict (cluster_id, pod_uid, container) do update set namespace = excluded.namespace, pod = excluded.pod, workload_kind = excluded.workload_kind,
      workload_name = excluded.workload_name, image = excluded.image, digest = excluded.digest, running_digest = excluded.running_digest,
      started_at = excluded.started_at, last_seen = excluded.last_seen, generation = excluded.generation`.execute(tx);
}

export async function deleteAllPlacements(tx: Tx, clusterId: string): Promise<void> {
  await sql`delete from placement where cluster_id = ${clusterId}`.execute(tx);
}
