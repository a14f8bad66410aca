/** Says which workers are alive, and frees the jobs of those that are not. The queue by itself waits four hours. */
import { hostname } from 'node:os';
import { sql } from 'kysely';
import { asSystem, type Db } from '../db/connect.ts';

const LEASE_S = 30;

/** A process that starts again under the same name takes over at once what its predecessor held. */
export const processName = (dataDir: string): string => `${hostname()}:${dataDir}`;

export async function endLeasesOf(db: Db, name: string): Promise<void> {
  const ids = await asSystem(db, async (tx) =>
    (
      await sql<{
        worker_id: string;
      }>`delete from worker_lease where process_name = ${name} returning worker_id`.execute(tx)
    ).rows.map((row) => row.worker_id),
  );
  await unlock(db, ids);
}

export async function renewLeases(db: Db, name: string, workerIds: readonly string[]): Promise<void> {
  await asSystem(db, (tx) =>
    sql`
    insert into worker_lease (worker_id, process_name) select id, ${name} from unnest(${[...workerIds]}::text[]) as id
    on conflict (worker_id) do update set seen_at = now()`.execute(tx),
  );
}

/** Frees jobs locked by workers that were not seen for 30 seconds. */
export async function endLostLeases(db: Db): Promise<void> {
  const ids = await asSystem(db, async (tx) =>
    (
      await sql<{
        worker_id: string;
      }>`delete from worker_lease where seen_at < now() - make_interval(secs => ${LEASE_S}) returning worker_id`.execute(
        tx,
      )
    ).rows.map((row) => row.worker_id),
  );
  await unlock(db, ids);
}

async function unlock(db: Db, workerIds: string[]): Promise<void> {
  if (workerIds.length > 0) await sql`select graphile_worker.force_unlock_workers(${workerIds}::text[])`.execute(db);
}
