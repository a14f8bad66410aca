/** Keeps what runs from being deleted: `hold(digest, running:CLUSTER)`, lifted with its last pod. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { ReportingCluster } from './placements.ts';

const holder = (cluster: { name: string }) => `running:${cluster.name}`;

/**
 * Sets and lifts the holds on these digests by what the placements say now. A hold has no end of its own: a cluster that
 * fell silent, or a server that was away, says nothing about whether the pods still run.
 */
export async function settleHolds(tx: Tx, cluster: ReportingCluster, digests: readonly string[]): Promise<void> {
  if (digests.length === 0) return;
  await sql`
    with use as (
      select digest, cluster_id, pod_uid, namespace, pod from placement
      where account_id = ${cluster.accountId} and digest = any (${digests}::text[])
      union all
      select running_digest, cluster_id, pod_uid, namespace, pod from placement
      where account_id = ${cluster.accountId} and running_digest = any (${digests}::text[])),
    live as (
      select digest, count(distinct pod_uid)::int as pods, min(namespace || '/' || pod) as pod
      from use where cluster_id = ${cluster.clusterId} group by digest),
    lifted as (
      delete from hold where account_id = ${cluster.accountId} and holder = ${holder(cluster)} and digest = any (${digests}::text[])
        and digest not in (select digest from live))
    insert into hold (account_id, digest, holder, reason)
    select ${cluster.accountId}::uuid, digest, ${holder(cluster)},
      'it runs in the cluster ' || ${cluster.name}::text || ' in ' || pod || case when pods > 1 then ' and ' || (pods - 1) || ' more' else '' end
    from live
    on conflict (account_id, digest, holder) do update set reason = excluded.reason, until = null`.execute(tx);
}

/** A cluster that was removed holds nothing. */
export async function liftHolds(tx: Tx, cluster: { accountId: string; name: string }): Promise<void> {
  await sql`delete from hold where account_id = ${cluster.accountId} and holder = ${holder(cluster)}`.execute(tx);
}
