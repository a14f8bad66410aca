/** Follows the outbox, each account in commit order; caches are true as long as their feed is current. */
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

export type Feed = {
  /** False when the last successful reading is older than the limit: whoever caches must then ask the database. */
  current(): boolean;
  /** Resolves once everything committed before the call has been handed to `onEvents`. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
};

export type FeedOptions = {
  onEvents: (events: FeedEvent[]) => void | Promise<void>;
  onError?: (error: unknown) => void;
  /** Milliseconds between readings. */
  interval?: number;
  /** Milliseconds after which the feed counts as late. */
  limit?: number;
};

const BATCH = 2000;

/**
 * How far each account's events have been read; the transactions below which all changes of principals have; and which
 * of the changes above have. A revocation does not wait for whatever long transaction holds the horizon back.
 */
type Cursor = { accounts: Map<string, number>; horizon: string; seen: ReadonlySet<number> };
type Row = {
  account_id: string;
  seq: number;
  at: Date;
  subject: string;
  type: string;
  data: Record<string, unknown>;
};

/**
 * Starts following from now: take the snapshot that the deltas apply to after this resolves.
 * An account's events arrive in the order of their sequence, none twice; between accounts no order is promised.
 */
export async function followFeed(db: Db, options: FeedOptions): Promise<Feed> {
  const interval = options.interval ?? 100;
  const limit = options.limit ?? 3000;
  const cursor = await readCursor(db);
  let lastRead = performance.now();
  let stopped = false;
  let wake: () => void = () => {};
  const waiting: { since: number; done: () => void }[] = [];

  const loop = (async () => {
    while (!stopped) {
      const started = performance.now();
      try {
        const { events, more, principals } = await readBatch(db, cursor);
        if (events.length > 0) await options.onEvents(events);
        // Only now: what could not be read or handed on is read again.
        advance(cursor, events);
        Object.assign(cursor, principals);
        if (more) continue;
        lastRead = started;
        for (const waiter of waiting.splice(0)) {
          if (waiter.since <= started) waiter.done();
          else waiting.push(waiter);
        }
      } catch (error) {
        options.onError?.(error);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, interval);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();

  return {
    current: () => performance.now() - lastRead < limit,
    caughtUp: () =>
      new Promise((done) => {
        waiting.push({ since: performance.now(), done });
        wake();
      }),
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}

async function readCursor(db: Db): Promise<Cursor> {
  return asSystem(db, async (tx) => {
    const horizon = await readHorizon(tx);
    const { rows } = await sql<{
      account_id: string;
      outbox_seq: number;
    }>`select account_id, outbox_seq from account`.execute(tx);
    return { accounts: new Map(rows.map((row) => [row.account_id, row.outbox_seq])), horizon, seen: new Set() };
  });
}

function advance(cursor: Cursor, events: readonly FeedEvent[]): void {
  for (const event of events) if (event.accountId !== null) cursor.accounts.set(event.accountId, event.seq);
}

type Batch = { events: FeedEvent[]; more: boolean; principals: Pick<Cursor, 'horizon' | 'seen'> };

async function readBatch(db: Db, cursor: Cursor): Promise<Batch> {
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

async function readPrincipalChanges(
  tx: Tx,
  cursor: Cursor,
): Promise<{ changes: FeedEvent[] } & Pick<Cursor, 'horizon' | 'seen'>> {
  const horizon = await readHorizon(tx);
  const { rows } = await sql<{ position: number; principal: string; at: Date; open: boolean }>`
    select position, principal, at, txid >= ${horizon}::xid8 as open from principal_change
    where txid >= ${cursor.horizon}::xid8 order by position`.execute(tx);
  const changes = rows
    .filter((row) => !cursor.seen.has(row.position))
    .map((row) => ({
      accountId: null,
      seq: 0,
      at: row.at,
      subject: row.principal,
      type: 'principal.changed',
      data: {},
    }));
  return { changes, horizon, seen: new Set(rows.filter((row) => row.open).map((row) => row.position)) };
}

function toEvent(row: Row): FeedEvent {
  return { accountId: row.account_id, seq: row.seq, at: row.at, subject: row.subject, type: row.type, data: row.data };
}
