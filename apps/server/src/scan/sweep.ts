/** How far the installation's matches have been brought: what is settled stands for the swept snapshot. */
import { MATCHER_REVISION } from '@pratique/scan';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { closeUpdate } from './record-update.ts';

export type Sweep = { snapshot: string | null; target: string | null; matcher: number };

/**
 * Read before matches are written, and held until they are committed: a sweep neither begins nor ends meanwhile, so that
 * what is written now is settled, or seen by it.
 */
export async function holdSweep(tx: Tx): Promise<Sweep> {
  const { rows } = await sql<Sweep>`select snapshot, target, matcher from advisory_sweep for share`.execute(tx);
  return rows[0] ?? { snapshot: null, target: null, matcher: 0 };
}

/** What is matched with `snapshot` now is what the sweep would make of it. */
export function isSettled(sweep: Sweep, snapshot: string): boolean {
  return sweep.target === null && sweep.snapshot === snapshot && sweep.matcher === MATCHER_REVISION;
}

/** Waits for whoever writes matches. @returns the sweep as it was */
export async function beginSweep(tx: Tx, target: string): Promise<Sweep> {
  const { rows } = await sql<Sweep>`
    with before as (select snapshot, target, matcher from advisory_sweep for update)
    update advisory_sweep set target = ${target} from before returning before.snapshot, before.target, before.matcher`.execute(
    tx,
  );
  return rows[0] ?? { snapshot: null, target: null, matcher: 0 };
}

/**
 * Settles all that was matched with the target, and every scan, unless another sweep has begun since.
 * @returns `more` where matches with other snapshots were written meanwhile; nothing has changed then
 */
export async function endSweep(tx: Tx, target: string): Promise<'ended' | 'more' | 'overtaken'> {
  const { rows } = await sql<{ target: string | null }>`select target from advisory_sweep for update`.execute(tx);
  if (rows[0]?.target !== target) return 'overtaken';
  // Nobody writes from here on.
  const { rows: late } = await sql`
    select 1 from package_matched where not settled and snapshot <> ${target} limit 1`.execute(tx);
  if (late.length > 0) return 'more';
  await sql`update package_matched set settled = true where not settled`.execute(tx);
  await sql`update scan set settled = true, snapshot = ${target} where not settled`.execute(tx);
  await closeUpdate(tx, target);
  await sql`update advisory_sweep set snapshot = ${target}, target = null, matcher = ${MATCHER_REVISION}`.execute(tx);
  return 'ended';
}
