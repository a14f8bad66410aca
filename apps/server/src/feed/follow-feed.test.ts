import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { appendEvent, appendPrincipalChange } from './append-event.ts';
import { type FeedEvent, followFeed } from './follow-feed.ts';

const { db } = await testDatabase();
const [a = '', b = ''] = await asSystem(db, async (tx) =>
  (
    await sql<{ account_id: string }>`insert into account (name) values ('a'), ('b') returning account_id`.execute(tx)
  ).rows.map((row) => row.account_id),
);

test('a transaction that began first and commits last is not skipped', async () => {
  const seen: FeedEvent[] = [];
  const feed = await followFeed(db, { interval: 10, onEvents: (events) => void seen.push(...events) });
  const held = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const slow = asSystem(db, async (tx) => {
    await appendEvent(tx, { accountId: a, subject: 's', type: 'slow', data: {} });
    started.resolve();
    await held.promise;
  });
  await started.promise;
  await asSystem(db, (tx) => appendEvent(tx, { accountId: b, subject: 's', type: 'quick', data: {} }));
  await feed.caughtUp();
  // Another account's event does not wait for it.
  expect(seen.map((event) => event.type)).toEqual(['quick']);
  held.resolve();
  await slow;
  await feed.caughtUp();
  expect(seen.map((event) => event.type)).toEqual(['quick', 'slow']);
  await feed.stop();
});

test('a rolled back event is never seen, and sequences have no gaps', async () => {
  const seen: FeedEvent[] = [];
  const feed = await followFeed(db, { interval: 10, onEvents: (events) => void seen.push(...events) });
  const add = (type: string, fail = false) =>
    asSystem(db, async (tx) => {
      await appendEvent(tx, { accountId: a, subject: 's', type, data: {} });
      if (fail) throw new Error('rolled back');
    });
  await Promise.allSettled(Array.from({ length: 40 }, (_, n) => add(`event.${n}`, n % 4 === 0)));
  await feed.caughtUp();
  expect(seen).toHaveLength(30);
  const sequence = seen.map((event) => event.seq);
  expect(sequence).toEqual([...sequence].sort((x, y) => x - y));
  expect((sequence.at(-1) ?? 0) - (sequence[0] ?? 0)).toBe(29);
  await feed.stop();
});

test('more events than one reading takes arrive once each, in order', async () => {
  const seen: number[] = [];
  const feed = await followFeed(db, {
    interval: 10,
    onEvents: (events) => void seen.push(...events.map((event) => event.seq)),
  });
  await asSystem(db, async (tx) => {
    await sql`insert into outbox (account_id, seq, subject, type, data) select ${b}, 1000 + n, 's', 'many', '{}' from generate_series(1, 5000) n`.execute(
      tx,
    );
    await sql`update account set outbox_seq = 6000 where account_id = ${b}`.execute(tx);
  });
  await feed.caughtUp();
  expect(seen).toEqual(Array.from({ length: 5000 }, (_, n) => 1001 + n));
  await feed.stop();
});

test('a change of a principal that commits late is not skipped', async () => {
  const seen: string[] = [];
  const feed = await followFeed(db, {
    interval: 10,
    onEvents: (events) => void seen.push(...events.map((event) => event.subject)),
  });
  const held = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const slow = asSystem(db, async (tx) => {
    await appendPrincipalChange(tx, 'person:slow');
    started.resolve();
    await held.promise;
  });
  await started.promise;
  await asSystem(db, (tx) => appendPrincipalChange(tx, 'person:quick'));
  await feed.caughtUp();
  held.resolve();
  await slow;
  await feed.caughtUp();
  expect(seen.sort()).toEqual(['person:quick', 'person:slow']);
  await feed.stop();
});

test('a change of a principal does not wait for a long transaction, and arrives once', async () => {
  const seen: string[] = [];
  const feed = await followFeed(db, {
    interval: 10,
    onEvents: (events) => void seen.push(...events.map((event) => event.subject)),
  });
  const held = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const long = asSystem(db, async (tx) => {
    await sql`select pg_current_xact_id()`.execute(tx);
    started.resolve();
    await held.promise;
  });
  await started.promise;
  await asSystem(db, (tx) => appendPrincipalChange(tx, 'person:revoked'));
  await feed.caughtUp();
  await feed.caughtUp();
  expect(seen).toEqual(['person:revoked']);
  held.resolve();
  await long;
  await feed.caughtUp();
  await feed.caughtUp();
  expect(seen).toEqual(['person:revoked']);
  await feed.stop();
});

test('what could not be handed on is handed on again', async () => {
  const seen: string[] = [];
  let fails = 1;
  const feed = await followFeed(db, {
    interval: 10,
    onEvents(events) {
      if (fails-- > 0) throw new Error('not now');
      seen.push(...events.map((event) => event.subject));
    },
  });
  await asSystem(db, (tx) => appendPrincipalChange(tx, 'person:retried'));
  await feed.caughtUp();
  expect(seen).toEqual(['person:retried']);
  await feed.stop();
});

test('a feed that cannot be read says that it is late', async () => {
  const closed = await testDatabase();
  const feed = await followFeed(closed.db, { interval: 10, limit: 50, onEvents: () => {} });
  expect(feed.current()).toBe(true);
  await closed.pool.end();
  await expect.poll(() => feed.current()).toBe(false);
  await feed.stop();
});
