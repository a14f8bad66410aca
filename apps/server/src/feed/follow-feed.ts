/** Follows the outbox, each account in commit order; caches are true as long as their feed is current. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../db/connect.ts';
import { type Barrier, createBarrier } from './barrier.ts';
import { advance, type FeedEvent, readBatch, readCursor } from './read-feed.ts';
import { type Memory, type Published, publishReading, removeReader } from './readers.ts';
import { listenForWords, type Waker } from './wake.ts';

export type { FeedEvent } from './read-feed.ts';

export type Feed = {
  /** False when what this process remembers may be older than others rely on: it must then ask the database. */
  current(): boolean;
  /** Resolves once everything committed before the call has been handed to `onEvents`. */
  caughtUp(): Promise<void>;
  /** After a commit: resolves once no other process answers from before it. At once where nobody else remembers. */
  passed: Barrier['passed'];
  /** Both: nobody answers from before it, this process included. Bounded: who cannot read stops trusting its memory. */
  settled: () => Promise<void>;
  stop(): Promise<void>;
};

export type FeedOptions = {
  onEvents: (events: FeedEvent[]) => void | Promise<void>;
  onError?: (error: unknown) => void;
  /** Milliseconds between readings. */
  interval?: number;
  /** Milliseconds after which the feed counts as late; less than the time after which others stop waiting for it. */
  limit?: number;
  /** What this process remembers, so that writers wait for it; and where it listens for their word. */
  reader?: { remembers: Memory; databaseUrl: string };
};

/** Writers wake those they wait for; this is for what nobody waits for, and a quarter of the limit. */
const INTERVAL_MS = 200;
const LIMIT_MS = 800;
/** How long it counts that no other reader was there. */
const ALONE_MS = 500;
/** A reader that comes, or comes back, is known to all writers after this. */
const JOIN_MS = 700;

/**
 * Starts following from now: take the snapshot that the deltas apply to after this resolves.
 * An account's events arrive in the order of their sequence, none twice; between accounts no order is promised.
 */
export async function followFeed(db: Db, options: FeedOptions): Promise<Feed> {
  const interval = options.interval ?? INTERVAL_MS;
  const limit = options.limit ?? LIMIT_MS;
  const me = options.reader ? { id: randomUUID(), remembers: options.reader.remembers } : null;
  const cursor = await readCursor(db);
  let stopped = false;
  let wake: () => void = () => {};
  /** A writer waits for the reading that is wanted. */
  let wanted = false;
  const waiting: { since: number; done: () => void }[] = [];
  // Times of this process's own clock, which nobody sets.
  let trustedSince = me ? Number.POSITIVE_INFINITY : 0;
  let trustedRead = me ? Number.NEGATIVE_INFINITY : performance.now();
  let seen: { at: number; others: Published['others'] } | null = null;

  /**
   * Says how far the last reading went, and begins the next. Memory is trusted by what is published, not by what was
   * read: writers wait for a reader no longer than the table says that it is there.
   */
  async function publish(last: Reading | null, tell: boolean): Promise<Reading> {
    const started = performance.now();
    if (!me) {
      if (last) trustedRead = last.started;
      return { started, began: null };
    }
    const { began, others } = await publishReading(db, me, last?.began ?? null, tell);
    const now = performance.now();
    if (now - trustedRead >= limit) trustedSince = now + JOIN_MS;
    trustedRead = last?.started ?? started;
    seen = { at: started, others };
    return { started, began };
  }

  const loop = (async () => {
    let last: Reading | null = null;
    while (!stopped) {
      try {
        // Words that come from here on are about commits that this reading may miss.
        const told = wanted;
        wanted = false;
        const reading: Reading = await publish(last, false);
        const complete = await readAll();
        if (!complete) continue;
        last = reading;
        if (told || !me) await publish(last, told);
        for (const waiter of waiting.splice(0)) {
          if (waiter.since <= reading.started) waiter.done();
          else waiting.push(waiter);
        }
      } catch (error) {
        options.onError?.(error);
      }
      if (!wanted && !stopped) await pause();
    }
  })();

  /** @returns false when it was stopped in the middle */
  async function readAll(): Promise<boolean> {
    for (;;) {
      const { events, more, principals } = await readBatch(db, cursor);
      if (events.length > 0) await options.onEvents(events);
      // Only now: what could not be read or handed on is read again.
      advance(cursor, events);
      Object.assign(cursor, principals);
      if (!more) return true;
      if (stopped) return false;
    }
  }

  function pause(): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, interval);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const barrier = createBarrier(
    db,
    me?.id ?? '00000000-0000-0000-0000-000000000000',
    (memories) =>
      seen !== null && performance.now() - seen.at < ALONE_MS && memories.every((m) => seen?.others[m] === 0),
  );
  const waker: Waker | null = options.reader
    ? listenForWords(options.reader.databaseUrl, (word, by) => {
        if (by === me?.id) return;
        if (word === 'read') return barrier.heard();
        wanted = true;
        wake();
      })
    : null;

  const caughtUp = () =>
    new Promise<void>((done) => {
      waiting.push({ since: performance.now(), done });
      wake();
    });

  return {
    current() {
      const now = performance.now();
      return now - trustedRead < limit && now >= trustedSince;
    },
    caughtUp,
    passed: barrier.passed,
    async settled() {
      await Promise.all([Promise.race([caughtUp(), delay(limit)]), barrier.passed()]);
    },
    async stop() {
      stopped = true;
      wake();
      await loop;
      await waker?.stop();
      if (me) await removeReader(db, me.id).catch(() => {});
    },
  };
}

/** `started` by our own clock, before `began` by the database's, before the first row was read. */
type Reading = { started: number; began: string | null };
