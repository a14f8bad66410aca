/** The account of what updates of the advisories changed: written with the matches, in one transaction. */
import type { ChangeKind, FindingStatus, Severity } from '@pratique/contract';
import { MATCHER_REVISION } from '@pratique/scan';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Sweep } from './sweep.ts';

/** What is said of one hole in one package. */
export type Known = { severity: Severity; status: FindingStatus; fixedVersion: string | null; exploited: boolean };

/** One hole of one package of which something else is said now; null: it is not, or was not, known of the package. */
export type MatchChange = {
  packageId: number;
  advisoryId: string;
  aliases: string[];
  title: string | null;
  before: Known | null;
  after: Known | null;
};

const isOpen = (known: Known | null): boolean => known !== null && known.status !== 'not-affected';

/** null: neither was a finding that counts. */
export function kindOf({ before, after }: Pick<MatchChange, 'before' | 'after'>): ChangeKind | null {
  if (!isOpen(before)) return isOpen(after) ? 'affected' : null;
  return isOpen(after) ? 'changed' : 'cleared';
}

/**
 * Adds to the account of the update to `snapshot`, and begins it where this is its first change. What an update changed
 * and changed back, because somebody with older advisories came in between, is in no account.
 */
export async function recordChanges(
  tx: Tx,
  sweep: Sweep,
  snapshot: string,
  changes: readonly MatchChange[],
): Promise<void> {
  const told = changes.filter((change) => kindOf(change) !== null);
  if (told.length === 0) return;
  // Held until the matches are committed: of two processes that begin the same account one waits for the other.
  await sql`select pg_advisory_xact_lock(8480012)`.execute(tx);
  const updateId = await openUpdate(tx, sweep, snapshot);
  if (updateId === null) return;
  await insertRows(tx, updateId, told);
}

/** Closes the account of the sweep that has ended, if it changed anything. */
export async function closeUpdate(tx: Tx, snapshot: string): Promise<void> {
  await sql`
    update advisory_update set finished_at = now()
    where finished_at is null and to_snapshot = ${snapshot} and update_id = (select max(update_id) from advisory_update)`.execute(
    tx,
  );
}

type UpdateRow = { update_id: number; to_snapshot: string; matcher: number; finished_at: Date | null };

async function openUpdate(tx: Tx, sweep: Sweep, snapshot: string): Promise<number | null> {
  const latest = await sql<UpdateRow>`
    select update_id, to_snapshot, matcher, finished_at from advisory_update order by update_id desc limit 1`.execute(
    tx,
  );
  const last = latest.rows[0];
  if (last?.to_snapshot === snapshot && last.matcher === MATCHER_REVISION) return last.update_id;
  if (sweep.target !== snapshot && (await isPast(tx, sweep, snapshot))) return null;
  const from = last && last.finished_at === null ? last.to_snapshot : sweep.snapshot;
  const { rows } = await sql<{ update_id: number }>`
    insert into advisory_update (from_snapshot, to_snapshot, matcher) values (${from}, ${snapshot}, ${MATCHER_REVISION}) returning update_id`.execute(
    tx,
  );
  return rows[0]?.update_id ?? null;
}

/** Whoever still has advisories open that were replaced brings no news; the sweep sets right what it writes. */
async function isPast(tx: Tx, sweep: Sweep, snapshot: string): Promise<boolean> {
  // Settled, and yet not in the last account: others changed nothing since, or the account was kept long enough.
  if (sweep.snapshot === snapshot && sweep.target === null && sweep.matcher === MATCHER_REVISION) return false;
  const { rows } = await sql`
    select 1 from advisory_update where from_snapshot = ${snapshot} or to_snapshot = ${snapshot} limit 1`.execute(tx);
  return rows.length > 0;
}

async function insertRows(tx: Tx, updateId: number, changes: readonly MatchChange[]): Promise<void> {
  const rows = changes.map((change) => ({ ...change, kind: kindOf(change) }));
  await sql`
    insert into advisory_update_row as known (update_id, package_id, advisory_id, kind, aliases, title, before, after)
    select ${updateId}, "packageId", "advisoryId", kind, array(select jsonb_array_elements_text(aliases)), title, before, after
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row ("packageId" bigint, "advisoryId" text, kind text, aliases jsonb, title text, before jsonb, after jsonb)
    on conflict (update_id, package_id, advisory_id) do update set after = excluded.after, aliases = excluded.aliases, title = excluded.title,
      kind = case when ${OPEN('known.before')} then case when ${OPEN('excluded.after')} then 'changed' else 'cleared' end else 'affected' end`.execute(
    tx,
  );
  // Said otherwise twice within one update, and in the end as before: nothing has changed.
  await sql`
    delete from advisory_update_row where update_id = ${updateId} and package_id = any (${[...new Set(changes.map((one) => one.packageId))]}::bigint[])
      and (before is not distinct from after or not (${OPEN('before')} or ${OPEN('after')}))`.execute(tx);
}

/** @param column a constant of this file */
const OPEN = (column: 'before' | 'after' | 'known.before' | 'excluded.after') =>
  sql.raw(`(${column} is not null and ${column} <> 'null'::jsonb and ${column}->>'status' <> 'not-affected')`);
