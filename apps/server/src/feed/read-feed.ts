/** Reads what was committed since the last reading: events of accounts, and changes of people and robots. */
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';

export type FeedEvent = {
  accountId: string | null;
  seq: number;
  at: Date;
  subject: string;
  type: string;
  data: Record<string, unknown>;
};

const BATCH = 2000;

/**
 * How far each account's events have been read; the transactions below which all changes of principals have; and which
 * of the changes above have. A revocation does not wait for whatever long transaction holds the horizon back.
 */
export type Cursor = { accounts: Map<string, number>; horizon: string; seen: ReadonlySet<number> };
type Row = {
  account_id: string;
  seq: number;
  at: Date;
  subject: string;
  type: string;
  data: Record<string, unknown>;
};

/** Where everybody is now. */
export async function readCursor(db: Db): Promise<Cursor> {
  return asSystem(db, async (tx) => {
    const horizon = await readHorizon(tx);
    const { rows } = await sql<{
      account_id: string;
      outbox_seq: number;
    }>`select account_id, outbox_seq from account`.execute(tx);
    return { accounts: new Map(rows.map((row) => [row.account_id, row.outbox_seq])), horizon, seen: new Set() };
  });
}

/** Notes what was handed on. */
export function advance(cursor: Cursor, events: readonly FeedEvent[]): void {
  for (const event of events) if (event.accountId !== null) cursor.accounts.set(event.accountId, event.seq);
}

export type Batch = { events: FeedEvent[]; more: boolean; principals: Pick<Cursor, 'horizon' | 'seen'> };

/** Everything above the cursor, or its first part. */
export async function readBatch(db: Db, cursor: Cursor): Promise<Batch> {
  return asSystem(db, async (tx) => {
    const { changes, ...principals } = await readPrincipalChanges(tx, cursor);
    const rows = await readOutbox(tx, cursor.accounts);
    return { events: [...changes, ...rows.map(toEvent)], more: rows.length >= BATCH, principals };
  });
}

async function readOutbox(tx: Tx, accounts: ReadonlyMap<string, number>): Promise<Row[]> {
  const { rows } = await sql<Row>`
    with changed as (
      select a.account_id, coalesce(c.seq, 0) as seq from account a
      left join unnest(${[...accounts.keys()]}::uuid[], ${[...accounts.values()]}::bigint[]) as c (account_id, seq) using (account_id)
      where a.outbox_seq > coalesce(c.seq, 0))
    select o.account_id, o.seq, o.at, o.subject, o.type, o.data from changed
    join lateral (select * from outbox where outbox.account_id = changed.account_id and outbox.seq > changed.seq order by outbox.seq limit ${BATCH}) o on true
    order by o.position limit ${BATCH}`.execute(tx);
  return rows;
}

async function readHorizon(tx: Tx): Promise<string> {
  const { rows } = await sql<{
    horizon: string;
  }>`select pg_snapshot_xmin(pg_current_snapshot())::text as horizon`.execute(tx);
  return rows[0]?.horizon ?? '0';
}

/** The horizon and the changes above the last one, by one snapshot. */
async function readPrincipalChanges(
  tx: Tx,
  cursor: Cursor,
): Promise<{ changes: FeedEvent[] } & Pick<Cursor, 'horizon' | 'seen'>> {
  const { rows } = await sql<{ horizon: string; position: number | null; principal: string; at: Date; open: boolean }>`
    select h.horizon::text, c.position, c.principal, c.at, c.txid >= h.horizon as open
    from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon) h
    left join principal_change c on c.txid >= ${cursor.horizon}::xid8 order by c.position`.execute(tx);
  const found = rows.flatMap((row) => (row.position === null ? [] : [{ ...row, position: row.position }]));
  const changes = found
    .filter((row) => !cursor.seen.has(row.position))
    .map((row) => ({
      accountId: null,
      seq: 0,
      at: row.at,
      subject: row.principal,
      type: 'principal.changed',
      data: {},
    }));
  return {
    changes,
    horizon: rows[0]?.horizon ?? cursor.horizon,
    seen: new Set(found.filter((row) => row.open).map((row) => row.position)),
  };
}

function toEvent(row: Row): FeedEvent {
  return { accountId: row.account_id, seq: row.seq, at: row.at, subject: row.subject, type: row.type, data: row.data };
}
