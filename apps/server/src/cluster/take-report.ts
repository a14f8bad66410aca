/** Takes one report of an agent: what runs now, what that changes, in one transaction with holds and events. */
import type { AgentReport, RunningPod } from '@pratique/contract';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvents, type NewEvent } from '../feed/append-event.ts';
import { settleHolds } from './holds.ts';
import {
  countPlacements,
  deleteOtherGenerations,
  deletePods,
  deleteRows,
  type PlacementRow,
  type ReportingCluster,
  readPods,
  writeRows,
} from './placements.ts';
import { switchWhenTrusted } from './rotate-authority.ts';

/** A report is due at least this often, in seconds; three times that without one, and the cluster is silent. */
export const REPORT_WITHIN_S = 20;
export const SILENT_AFTER_S = 3 * REPORT_WITHIN_S;
/** Containers of one cluster; Kubernetes itself is made for 150,000 pods at most. */
const MAX_CONTAINERS = 200_000;

type Agent = {
  account_id: string;
  cluster: string;
  generation: string | null;
  sequence: number | null;
  is_complete: boolean;
  trusts: string[] | null;
};

/**
 * @param identity of the connection: what the report is about is never taken from the report
 * @returns `resync` when a message before this one is missing
 * @throws ServerError `forbidden` when the cluster was removed or enrolled again, `too-large`
 */
export async function takeReport(
  db: Db,
  identity: { clusterId: string; serial: string },
  report: AgentReport,
  now: Date,
): Promise<'taken' | 'resync'> {
  return asSystem(db, async (tx) => {
    const agent = await lockAgent(tx, identity);
    if (!agent) throw new ServerError('forbidden', 'this certificate speaks for no cluster any more');
    const isNext = report.generation === agent.generation && report.sequence === (agent.sequence ?? -1) + 1;
    const isFirst = report.generation !== agent.generation && report.sequence === 0 && report.kind === 'snapshot';
    // The answer to the latest one was lost, and it came again.
    if (report.generation === agent.generation && report.sequence === agent.sequence) return 'taken';
    if (!isFirst && !isNext) return 'resync';
    if (report.kind === 'changes' && !agent.is_complete) return 'resync';
    const cluster = { clusterId: identity.clusterId, accountId: agent.account_id, name: agent.cluster };
    const changed = await applyReport(tx, cluster, report, now);
    await noteReport(tx, identity.clusterId, report, now, isFirst ? report.last : agent.is_complete || report.last);
    const trusts = trustsOf(report);
    if (String(trusts) !== String(agent.trusts)) {
      await noteTrust(tx, identity.clusterId, trusts);
      await switchWhenTrusted(tx);
    }
    await announce(tx, cluster, changed);
    return 'taken';
  });
}

type Changed = { started: PlacementRow[]; ended: PlacementRow[] };

async function applyReport(tx: Tx, cluster: ReportingCluster, report: AgentReport, now: Date): Promise<Changed> {
  const known = await readPods(tx, cluster.clusterId, [...report.pods.map((pod) => pod.uid), ...report.ended]);
  const before = new Map(known.map((row) => [keyOf(row), row]));
  const after = new Map(report.pods.flatMap(rowsOf).map((row) => [keyOf(row), row]));
  const grows = after.size - before.size;
  // Counting costs more than the rest of a small report; between two counts a few hundred pods may be added at most.
  const isCounted = report.kind === 'snapshot' || report.sequence % 100 === 0;
  if (isCounted && grows > 0 && (await countPlacements(tx, cluster.clusterId)) + grows > MAX_CONTAINERS)
    throw new ServerError('too-large', `a cluster has at most ${MAX_CONTAINERS} containers here`);
  const gone = [...before.values()].filter((row) => !after.has(keyOf(row)));
  await deletePods(tx, cluster.clusterId, report.ended);
  await deleteRows(tx, cluster.clusterId, gone);
  await writeRows(tx, cluster, report.generation, [...after.values()], now);
  if (report.kind === 'snapshot' && report.last)
    gone.push(...(await deleteOtherGenerations(tx, cluster.clusterId, report.generation)));
  const isOther = (row: PlacementRow, earlier: PlacementRow | undefined) =>
    earlier?.digest !== row.digest || earlier?.runningDigest !== row.runningDigest;
  const others = [...after.values()].filter((row) => isOther(row, before.get(keyOf(row))));
  const changed = new Set(others);
  const replaced = others.flatMap((row) => before.get(keyOf(row)) ?? []);
  const ended = [...gone, ...replaced];
  // Held from the first word of it: what a container still waits for must not be deleted either.
  await settleHolds(tx, cluster, digestsOf([...others, ...ended]));
  const waited = (row: PlacementRow) => row.startedAt !== null && before.get(keyOf(row))?.startedAt === null;
  return { started: [...after.values()].filter((row) => changed.has(row) || waited(row)), ended };
}

const keyOf = (row: { podUid: string; container: string }) => `${row.podUid}/${row.container}`;

const digestsOf = (rows: readonly PlacementRow[]): string[] => [...rowsByDigest(rows).keys()];

function rowsOf(pod: RunningPod): PlacementRow[] {
  return pod.containers.map((container) => {
    const digest = container.pinned ?? container.running;
    return {
      podUid: pod.uid,
      container: container.name,
      namespace: pod.namespace,
      pod: pod.name,
      workloadKind: pod.workload?.kind ?? null,
      workloadName: pod.workload?.name ?? null,
      image: container.image,
      digest,
      runningDigest: container.running === digest ? null : container.running,
      startedAt: container.startedAt,
    };
  });
}

/** One event for each digest that began or ceased to run somewhere, however many pods a report speaks of. */
async function announce(tx: Tx, cluster: ReportingCluster, { started, ended }: Changed): Promise<void> {
  const tell = (type: string, rows: readonly PlacementRow[]): NewEvent[] =>
    [...rowsByDigest(rows)].map(([digest, these]) => ({
      accountId: cluster.accountId,
      subject: `cluster/${cluster.name}`,
      type,
      data: {
        cluster: cluster.name,
        digest,
        image: these[0]?.image ?? null,
        namespace: these[0]?.namespace ?? null,
        workload: these[0]?.workloadName ?? these[0]?.pod ?? null,
        containers: these.length,
        pods: [...new Set(these.map((row) => `${row.namespace}/${row.pod}`))].slice(0, 10),
      },
    }));
  await appendEvents(tx, [...tell('placement.started', started), ...tell('placement.ended', ended)]);
}

function rowsByDigest(rows: readonly PlacementRow[]): Map<string, PlacementRow[]> {
  const found = new Map<string, PlacementRow[]>();
  for (const row of rows)
    for (const digest of [row.digest, row.runningDigest])
      if (digest !== null) {
        const these = found.get(digest);
        if (these) these.push(row);
        else found.set(digest, [row]);
      }
  return found;
}

async function lockAgent(
  tx: Tx,
  { clusterId, serial }: { clusterId: string; serial: string },
): Promise<Agent | undefined> {
  const { rows } = await sql<Agent>`
    select g.account_id, c.name as cluster, g.generation, g.sequence, g.is_complete, g.trusts from cluster_agent g join cluster c using (cluster_id)
    where g.cluster_id = ${clusterId} and c.removed_at is null and ${serial} in (g.serial, g.previous_serial) for update of g`.execute(
    tx,
  );
  return rows[0];
}

async function noteReport(
  tx: Tx,
  clusterId: string,
  report: AgentReport,
  now: Date,
  isComplete: boolean,
): Promise<void> {
  await sql`
    update cluster_agent set version = ${report.version}, clock_offset_ms = ${Date.parse(report.clock) - now.getTime()}, generation = ${report.generation},
      sequence = ${report.sequence}, is_complete = ${isComplete}, reported_at = ${now} where cluster_id = ${clusterId}`.execute(
    tx,
  );
}

/** The authorities that agent and webhooks have in common; null while the agent cannot tell. */
function trustsOf({ trust }: AgentReport): string[] | null {
  const webhooks = trust?.webhooks;
  return trust && webhooks ? trust.agent.filter((one) => webhooks.includes(one)).sort() : null;
}

async function noteTrust(tx: Tx, clusterId: string, trusts: string[] | null): Promise<void> {
  await sql`update cluster_agent set trusts = ${trusts}::text[] where cluster_id = ${clusterId}`.execute(tx);
}
