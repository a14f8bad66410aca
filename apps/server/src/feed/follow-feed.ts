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

/** How far each account's events have been read, and the transactions below which all changes of principals have. */
type Cursor = { accounts: Map<string, number>; horizon: string };
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
        const { events, more } = await readBatch(db, cursor);
        if (events.length > 0) await options.onEvents(events);
        advance(cursor, events);
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
    return { accounts: new Map(rows.map((row) => [row.account_id, row.outbox_seq])), horizon };
  });
}

function advance(cursor: Cursor, events: readonly FeedEvent[]): void {
  for (const event of events) if (event.accountId !== null) cursor.accounts.set(event.accountId, event.seq);
}

async function readBatch(db: Db, cursor: Cursor): Promise<{ events: FeedEvent[]; more: boolean }> {
  return asSystem(db, async (tx) => {
    const principals = await readPrincipalChanges(tx, cursor);
    const rows = await readOutbox(tx, cursor.accounts);
    return { events: [...principals, ...rows.map(toEvent)], more: rows.length >= BATCH };
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

async function readPrincipalChanges(tx: Tx, cursor: Cursor): Promise<FeedEvent[]> {
  const horizon = await readHorizon(tx);
  const { rows } = await sql<{ principal: string; at: Date }>`
    select distinct on (principal) principal, at from principal_change
    where txid >= ${cursor.horizon}::xid8 and txid < ${horizon}::xid8 order by principal, at desc`.execute(tx);
  cursor.horizon = horizon;
  return rows.map((row) => ({
    accountId: null,
    seq: 0,
    at: row.at,
    subject: row.principal,
    type: 'principal.changed',
    data: {},
  }));
}

function toEvent(row: Row): FeedEvent {
  return { accountId: row.account_id, seq: row.seq, at: row.at, subject: row.subject, type: row.type, data: row.data };
}
