/** How long it is remembered what updates of the advisories changed. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export const KEPT_DAYS = 90;
/** Updates, and rows of all of them, beyond which the oldest go first. The newest stays, however large. */
const KEPT_UPDATES = 2000;
const KEPT_ROWS = 2_000_000;

/** @returns how many updates were forgotten */
export async function forgetUpdates(tx: Tx, now: Date, keptRows = KEPT_ROWS): Promise<number> {
  const cutoff = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
  const { rows } = await sql`
    with counted as (
      select u.update_id, u.at, row_number() over newer as place, sum(r.rows) over newer as rows
      from advisory_update u left join (select update_id, count(*) as rows from advisory_update_row group by 1) r using (update_id)
      window newer as (order by update_id desc))
    delete from advisory_update u using counted c
    where u.update_id = c.update_id and c.place > 1 and (c.at < ${cutoff} or c.place > ${KEPT_UPDATES} or c.rows > ${keptRows})
    returning 1`.execute(tx);
  return rows.length;
}
