import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../../test/support/database.ts';
import { asSystem } from '../db/connect.ts';
import { endLeasesOf, endLostLeases, renewLeases } from './leases.ts';
import { enqueue } from './run-queue.ts';

const { db } = await testDatabase();

beforeEach(async () => {
  await sql`delete from graphile_worker._private_jobs`.execute(db);
});

/** A job that a worker has taken, for the n-th time. */
async function takenJob(worker: string, takes: number, agoS = 0): Promise<void> {
  await asSystem(db, (tx) => enqueue(tx, 'work', { worker, takes }));
  await sql`
    update graphile_worker._private_jobs set locked_by = ${worker}, locked_at = now() - make_interval(secs => ${agoS}), attempts = ${takes}
    where locked_by is null`.execute(db);
}
const jobs = async () =>
  (
    await sql<{ attempts: number; locked: boolean; pause: number; may: boolean }>`
      select attempts, locked_at is not null as locked, round(extract(epoch from run_at - now()))::int as pause, attempts < max_attempts as may
      from graphile_worker.jobs order by attempts`.execute(db)
  ).rows;

test('what a dead process held is free at once, and later and later when many died over it', async () => {
  await renewLeases(db, 'here', ['dead']);
  for (const takes of [1, 5, 6, 8, 20]) await takenJob('dead', takes);
  await takenJob('alive', 7);
  await renewLeases(db, 'elsewhere', ['alive']);
  await endLeasesOf(db, 'here');
  const found = await jobs();
  expect(found.map(({ attempts, locked }) => [attempts, locked])).toEqual([
    [1, false],
    [5, false],
    [6, false],
    [7, true],
    [8, false],
    [20, false],
  ]);
  const pauses = new Map(found.map(({ attempts, pause }) => [attempts, pause]));
  expect(pauses.get(1)).toBeLessThanOrEqual(0);
  expect(pauses.get(5)).toBeLessThanOrEqual(0);
  expect(pauses.get(6)).toBeGreaterThan(0);
  expect(pauses.get(8)).toBeGreaterThan(pauses.get(6) ?? 0);
  expect(pauses.get(20)).toBeGreaterThan(50);
  expect(pauses.get(20)).toBeLessThanOrEqual(60);
});

test('work that twenty-five processes died over is taken no more', async () => {
  await takenJob('dead', 24);
  expect(await jobs()).toMatchObject([{ may: true }]);
  await sql`update graphile_worker._private_jobs set attempts = 25`.execute(db);
  expect(await jobs()).toMatchObject([{ may: false }]);
});

test('a worker that was not seen for half a minute has lost its jobs, one that renews has not', async () => {
  await takenJob('gone', 2, 40);
  await takenJob('slow', 3, 40);
  await renewLeases(db, 'elsewhere', ['slow']);
  await endLostLeases(db);
  expect((await jobs()).map(({ attempts, locked }) => [attempts, locked])).toEqual([
    [2, false],
    [3, true],
  ]);
});
