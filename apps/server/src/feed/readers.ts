/** The table of the processes that answer from memory, and how far each has read. */
import { sql } from 'kysely';
import type { Db } from '../db/connect.ts';

/** What a reader remembers of what others write. */
export type Memory = 'registry' | 'admission';
export const MEMORIES: readonly Memory[] = ['registry', 'admission'];

/** The channel on which writers wake readers, and readers tell that they have read. It carries no truth, only haste. */
export const CHANNEL = 'pratique_feed';
/** Milliseconds after its last reading during which a reader is waited for. */
export const LAPSE_MS = 1000;

/** `began`: the database's clock, as text of full precision; `others`: how many other readers remember each kind. */
export type Published = { began: string; others: Record<Memory, number> };

/**
 * Notes that this reader has read everything that was committed before `readAt`.
 * @param readAt an earlier `began`; null when this reader begins
 * @param tell whether writers wait for this
 */
export async function publishReading(
  db: Db,
  reader: { id: string; remembers: Memory },
  readAt: string | null,
  tell: boolean,
): Promise<Published> {
  const { rows } = await sql<{ began: string; registry: number; admission: number }>`
    with noted as (
      insert into feed_reader (reader_id, remembers, read_at)
      values (${reader.id}, ${reader.remembers}, coalesce(${readAt}::timestamptz, clock_timestamp()))
      on conflict (reader_id) do update set read_at = excluded.read_at),
    told as materialized (select case when ${tell}::boolean then pg_notify(${CHANNEL}, ${`read ${reader.id}`}) end)
    select clock_timestamp()::text as began,
           count(*) filter (where remembers = 'registry')::int as registry, count(*) filter (where remembers = 'admission')::int as admission
    from told left join feed_reader on reader_id <> ${reader.id} and read_at > clock_timestamp() - make_interval(secs => ${LAPSE_MS / 1000})`.execute(
    db,
  );
  const [row] = rows;
  return { began: row?.began ?? '', others: { registry: row?.registry ?? 0, admission: row?.admission ?? 0 } };
}

/**
 * Wakes the readers.
 * @returns the database's clock: whoever has read at or after it has read all that was committed before this call
 */
export async function callReaders(db: Db, by: string): Promise<string> {
  const { rows } = await sql<{ now: string }>`
    select clock_timestamp()::text as now, pg_notify(${CHANNEL}, ${`written ${by}`})`.execute(db);
  return rows[0]?.now ?? '';
}

/** How many other readers have not read up to that moment and may still answer from before it. */
export async function countBehind(db: Db, by: string, memories: readonly Memory[], moment: string): Promise<number> {
  const { rows } = await sql<{ behind: number }>`
    select count(*)::int as behind from feed_reader
    where reader_id <> ${by} and remembers = any (${[...memories]}::text[]) and read_at < ${moment}::timestamptz
      and read_at > clock_timestamp() - make_interval(secs => ${LAPSE_MS / 1000})`.execute(db);
  return rows[0]?.behind ?? 0;
}

/** This reader has stopped; also clears away what others left behind that ended without a word. */
export async function removeReader(db: Db, id: string): Promise<void> {
  await sql`delete from feed_reader where reader_id = ${id} or read_at < now() - interval '1 hour'`.execute(db);
}
