/** Runs the job queue (graphile-worker) and keeps its peculiarities out of the rest. */
import { EventEmitter } from 'node:events';
import { Logger as QueueLogger, run, type WorkerEvents } from 'graphile-worker';
import { sql } from 'kysely';
import type pg from 'pg';
import type { Logger } from 'pino';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { endLeasesOf, endLostLeases, renewLeases } from './leases.ts';

export type Job = {
  payload: Record<string, unknown>;
  /** How often the work threw before; a process that was killed does not count. */
  failures: number;
  /** Whether throwing once more is the end of it. */
  lastAttempt: boolean;
};
export type Tasks = Record<string, (job: Job) => Promise<void>>;
export type Queue = { stop(): Promise<void>; failed: Promise<unknown> };

const RENEW_MS = 5000;
/** How often a job is taken at all, by processes that were killed over it included. */
export const MAX_TAKES = 25;
/** Seconds before work that threw is tried again: soon at first, about 20 minutes in all. The queue's own pauses grow to hours. */
const PAUSES_S = [1, 2, 5, 10, 30, 60, 120, 300, 600];

/** @param concurrency jobs at a time in this process */
export async function runQueue(
  deps: { db: Db; pool: pg.Pool; log: Logger },
  tasks: Tasks,
  options: { concurrency: number; processName: string },
): Promise<Queue> {
  const { db, pool, log } = deps;
  await endLeasesOf(db, options.processName);
  const pools = new Set<string>();
  const renew = async () => {
    await renewLeases(db, options.processName, [...pools]);
    await endLostLeases(db);
  };
  const runner = await run({
    pgPool: pool,
    concurrency: options.concurrency,
    noHandleSignals: true,
    pollInterval: 500,
    logger: new QueueLogger(
      () => (level, message) =>
        log[level === 'error' ? 'error' : level === 'warning' ? 'warn' : 'debug']({ queue: message }, 'job queue'),
    ),
    events: watchPools(pools, () => void renew().catch(() => {})),
    taskList: Object.fromEntries(
      Object.entries(tasks).map(([name, work]) => [
        name,
        async (payload: unknown) => attempt(db, log, name, work, payload as Record<string, unknown>),
      ]),
    ),
  });
  const timer = setInterval(
    () => renew().catch((error: unknown) => log.warn({ err: error }, 'worker leases could not be renewed')),
    RENEW_MS,
  );
  return {
    failed: runner.promise,
    async stop() {
      clearInterval(timer);
      await runner.stop();
      await endLeasesOf(db, options.processName);
    },
  };
}

/** Does the work; where it throws, the same job is put into the queue again for later and this one is over. */
async function attempt(
  db: Db,
  log: Logger,
  name: string,
  work: Tasks[string],
  given: Record<string, unknown>,
): Promise<void> {
  const { failures: before, ...payload } = given;
  const queue = typeof payload['queue'] === 'string' ? payload['queue'] : undefined;
  const failures = typeof before === 'number' ? before : 0;
  try {
    await work({ payload, failures, lastAttempt: failures >= PAUSES_S.length });
  } catch (error) {
    const pause = PAUSES_S[failures];
    log.warn({ err: error, job: name, payload, failures: failures + 1, pause }, 'job failed');
    if (pause === undefined) return;
    await asSystem(db, (tx) => enqueue(tx, name, { ...payload, failures: failures + 1 }, { afterS: pause, queue }));
  }
}

/** The queue of an account's repairs: two of them at a time are all that are under way, and the others hold no worker. */
export const repairQueue = (accountId: string): string => `repairs-${Number.parseInt(accountId.slice(0, 8), 16) % 2}`;

/**
 * Puts a job into the queue, in the caller's transaction.
 * @param options `queue`: its jobs run one after the other; the name goes along in the payload, for when it is tried again
 */
export async function enqueue(
  tx: Tx,
  task: string,
  payload: Record<string, unknown>,
  { afterS = 0, queue }: { afterS?: number; queue?: string | undefined } = {},
): Promise<void> {
  if (queue !== undefined) {
    await sql`select enqueue_in(${queue}, ${task}, ${JSON.stringify({ ...payload, queue })}::json, now() + make_interval(secs => ${afterS}), ${MAX_TAKES})`.execute(
      tx,
    );
    return;
  }
  await sql`select enqueue(${task}, ${JSON.stringify(payload)}::json, null, now() + make_interval(secs => ${afterS}), ${MAX_TAKES})`.execute(
    tx,
  );
}

/** As `enqueue`, one job for each payload, in one statement. */
export async function enqueueAll(tx: Tx, task: string, payloads: readonly Record<string, unknown>[]): Promise<void> {
  if (payloads.length === 0) return;
  await sql`select enqueue(${task}, payload, null, now(), ${MAX_TAKES}) from unnest(${payloads.map((one) => JSON.stringify(one))}::json[]) as payload`.execute(
    tx,
  );
}

/** Jobs are locked in the name of the pool, not of its single workers. */
function watchPools(pools: Set<string>, onCreated: () => void): WorkerEvents {
  const events = new EventEmitter() as WorkerEvents;
  events.on('pool:create', ({ workerPool }) => {
    pools.add(workerPool.id);
    onCreated();
  });
  events.on('pool:release', ({ workerPool }) => pools.delete(workerPool.id));
  return events;
}
