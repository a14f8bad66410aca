/** Follows the outbox in commit order; caches are true as long as their feed is current. */
import { sql } from 'kysely';
import { asSystem, type Db } from '../db/connect.ts';

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
type Cursor = { txid: string; position: number };
type Row = {
  stream: string;
  txid: string;
  position: number;
  account_id: string | null;
  seq: number;
  at: Date;
  subject: string;
  type: string;
  data: Record<string, unknown>;
};

/**
 * Starts following from now: take the snapshot that the deltas apply to after this resolves.
 *
 * Rows are read below the snapshot horizon (no transaction that may still write there is running), in the order of
 * (txid, position), so that a transaction that commits late is never skipped.
 */
export async function followFeed(db: Db, options: FeedOptions): Promise<Feed> {
  const interval = options.interval ?? 100;
  const limit = options.limit ?? 3000;
  let cursor: Cursor = { txid: await readHorizon(db), position: -1 };
  let lastRead = performance.now();
  let stopped = false;
  let wake: () => void = () => {};
  const waiting: { since: number; done: () => void }[] = [];

  const loop = (async () => {
    while (!stopped) {
      const started = performance.now();
      try {
        const { events, next, more } = await readBatch(db, cursor);
        if (events.length > 0) await options.onEvents(events);
        cursor = next;
        if (!more) {
          lastRead = started;
          for (const waiter of waiting.splice(0)) {
            if (waiter.since <= started) waiter.done();
            else waiting.push(waiter);
          }
        } else continue;
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

async function readHorizon(db: Db): Promise<string> {
  const { rows } = await sql<{
    horizon: string;
  }>`select pg_snapshot_xmin(pg_current_snapshot())::text as horizon`.execute(db);
  return rows[0]?.horizon ?? '0';
}

async function readBatch(db: Db, cursor: Cursor): Promise<{ events: FeedEvent[]; next: Cursor; more: boolean }> {
  return asSystem(db, async (tx) => {
    const { rows } = await sql<Row & { horizon: string }>`
      with horizon as (select pg_snapshot_xmin(pg_current_snapshot()) as xmin)
      select h.xmin::text as horizon, f.* from horizon h left join lateral (
        (select 'outbox' as stream, txid::text as txid, txid as ordering, position, account_id, seq, at, subject, type, data from outbox
          where (txid, position) > (${cursor.txid}::xid8, ${cursor.position}) and txid < h.xmin order by outbox.txid, position limit ${BATCH})
        union all
        (select 'principal', txid::text, txid, -1, null, 0, at, principal, 'principal.changed', '{}'::jsonb from principal_change
          where txid >= ${cursor.txid}::xid8 and txid < h.xmin order by principal_change.txid limit ${BATCH})
      ) f on true order by f.ordering, f.position limit ${BATCH}`.execute(tx);
    const horizon = rows[0]?.horizon ?? cursor.txid;
    const found = rows.filter((row) => row.stream !== null);
    const more = found.length >= BATCH;
    const last = found.at(-1);
    const next = more && last ? { txid: last.txid, position: last.position } : { txid: horizon, position: -1 };
    return { events: found.map(toEvent), next, more };
  });
}

function toEvent(row: Row): FeedEvent {
  return { accountId: row.account_id, seq: row.seq, at: row.at, subject: row.subject, type: row.type, data: row.data };
}
