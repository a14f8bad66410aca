/** Says which workers are alive, and frees the jobs of those that are not. The queue by itself waits four hours. */
import { hostname } from 'node:os';
import { sql } from 'kysely';
import { asSystem, type Db } from '../db/connect.ts';

const LEASE_S = 30;

/** A process that starts again under the same name takes over at once what its predecessor held. */
export const processName = (dataDir: string): string => `${hostname()}:${dataDir}`;

export async function endLeasesOf(db: Db, name: string): Promise<void> {
  const { rows } = await asSystem(db, (tx) =>
    sql<{ worker_id: string }>`select worker_id from worker_lease where process_name = ${name}`.execute(tx),
  );
  const ids = rows.map((row) => row.worker_id);
  // Freed before it is forgotten who held them: a process that ends in between leaves nothing locked for good.
  await unlock(db, ids);
  await asSystem(db, (tx) => sql`delete from worker_lease where worker_id = any (${ids}::text[])`.execute(tx));
}

export async function renewLeases(db: Db, name: string, workerIds: readonly string[]): Promise<void> {
  await asSystem(db, (tx) =>
    sql`
    insert into worker_lease (worker_id, process_name) select id, ${name} from unnest(${[...workerIds]}::text[]) as id
    on conflict (worker_id) do update set seen_at = now()`.execute(tx),
  );
}

/** Frees jobs locked by workers that were not seen for 30 seconds, or that ended before they were ever noted. */
export async function endLostLeases(db: Db): Promise<void> {
  await asSystem(db, (tx) =>
    sql`delete from worker_lease where seen_at < now() - make_interval(secs => ${LEASE_S})`.execute(tx),
  );
  const { rows } = await sql<{ locked_by: string }>`
    select distinct locked_by from graphile_worker.jobs
    where locked_at < now() - make_interval(secs => ${LEASE_S}) and locked_by not in (select worker_id from worker_lease)`.execute(
    db,
  );
  await unlock(
    db,
    rows.map((row) => row.locked_by),
  );
}

/** Deaths that cost a job nothing: whatever the reason was, the job was hardly it. */
const FREE_TAKES = 5;
const MAX_PAUSE_S = 60;

/**
 * Frees what dead workers held. Work that many processes died over may be what kills them: it comes back later each
 * time, so that all other work goes on in between, and unlucky work meets a quieter moment.
 */
async function unlock(db: Db, workerIds: string[]): Promise<void> {
  if (workerIds.length === 0) return;
  const { rows } = await sql<{ id: string; attempts: number }>`
    select id, attempts from graphile_worker.jobs where locked_by = any (${workerIds}::text[]) and attempts > ${FREE_TAKES}`.execute(
    db,
  );
  await sql`select graphile_worker.force_unlock_workers(${workerIds}::text[])`.execute(db);
  for (const { id, attempts } of rows)
    await sql`select graphile_worker.reschedule_jobs(${[id]}::bigint[], run_at => now() + make_interval(secs => ${pauseAfter(attempts)}))`.execute(
      db,
    );
}

const pauseAfter = (takes: number) => Math.min(2 ** (takes - FREE_TAKES), MAX_PAUSE_S);
