import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { appendPrincipalChange } from './append-event.ts';
import { type Feed, followFeed } from './follow-feed.ts';
import { LAPSE_MS, type Memory } from './readers.ts';

const { db, url } = await testDatabase();
const open: Feed[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((feed) => feed.stop()));
});

type Seen = { feed: Feed; subjects: string[]; hold: PromiseWithResolvers<void> | null };

/** A process that remembers, and may be made to hang while it takes in what it reads. */
async function join(remembers: Memory = 'registry'): Promise<Seen> {
  const process: Seen = { feed: null as unknown as Feed, subjects: [], hold: null };
  process.feed = await followFeed(db, {
    reader: { remembers, databaseUrl: url },
    async onEvents(events) {
      await process.hold?.promise;
      process.subjects.push(...events.map((event) => event.subject));
    },
  });
  open.push(process.feed);
  await expect.poll(() => process.feed.current(), { timeout: 10_000 }).toBe(true);
  return process;
}
const write = (subject: string) => asSystem(db, (tx) => appendPrincipalChange(tx, subject));

test('when a write is acknowledged, every other process has taken it in', async () => {
  const [writer, ...others] = [await join(), await join(), await join('admission')];
  for (let n = 0; n < 30; n++) {
    await write(`person:${n}`);
    await writer?.feed.passed();
    for (const other of others) expect(other.subjects).toContain(`person:${n}`);
  }
});

test('writes at once share what they wait for', async () => {
  const [writer, other] = [await join(), await join()];
  await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      await write(`person:many-${n}`);
      await writer?.feed.passed(['registry']);
      expect(other?.subjects).toContain(`person:many-${n}`);
    }),
  );
});

test('a process that hangs is waited for until it does not trust its memory any more, and no longer', async () => {
  const [writer, other] = [await join(), await join()];
  if (!writer || !other) throw new Error('not joined');
  other.hold = Promise.withResolvers();
  await write('person:late');
  await writer.feed.passed();
  expect(other.subjects).toEqual([]);
  expect(other.feed.current()).toBe(false);
  // Lapsed: the next write does not wait for it at all.
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, LAPSE_MS));
  await write('person:later');
  await writer.feed.passed();
  expect(other.feed.current()).toBe(false);
  other.hold.resolve();
  other.hold = null;
  await expect.poll(() => other.feed.current(), { timeout: 10_000 }).toBe(true);
  expect(other.subjects).toEqual(['person:late', 'person:later']);
  expect(performance.now() - started).toBeGreaterThan(LAPSE_MS);
});

test('whoever is not concerned is not waited for', async () => {
  const [writer, other] = [await join('registry'), await join('admission')];
  if (!writer || !other) throw new Error('not joined');
  other.hold = Promise.withResolvers();
  await write('person:elsewhere');
  await writer.feed.passed(['registry']);
  expect(other.subjects).toEqual([]);
  other.hold.resolve();
});

test('a process that has just come is known to the others before it trusts its memory', async () => {
  const writer = await join();
  let trusted = false;
  const seen: string[] = [];
  const late = await followFeed(db, {
    reader: { remembers: 'registry', databaseUrl: url },
    onEvents: (events) => void seen.push(...events.map((event) => event.subject)),
  });
  open.push(late);
  for (let n = 0; !trusted && n < 500; n++) {
    await write(`person:joining-${n}`);
    await writer.feed.passed();
    // Trusted from the first moment on, it knows what was acknowledged before.
    trusted = late.current();
    if (trusted) expect(seen).toContain(`person:joining-${n}`);
  }
  expect(trusted).toBe(true);
});

test('a process that stopped is not waited for', async () => {
  const [writer, other] = [await join(), await join()];
  await other?.feed.stop();
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from feed_reader`.execute(db);
  expect(rows[0]?.n).toBe(1);
  await write('person:gone');
  await writer?.feed.passed();
});
