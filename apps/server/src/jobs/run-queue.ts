/** Runs the job queue (graphile-worker) and keeps its peculiarities out of the rest. */
import { EventEmitter } from 'node:events';
import { Logger as QueueLogger, run, type WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import { endLeasesOf, endLostLeases, renewLeases } from './leases.ts';

export type Job = { payload: Record<string, unknown>; lastAttempt: boolean };
export type Tasks = Record<string, (job: Job) => Promise<void>>;
export type Queue = { stop(): Promise<void>; failed: Promise<unknown> };

const RENEW_MS = 5000;

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
        async (payload: unknown, helpers: { job: { attempts: number; max_attempts: number } }) =>
          work({
            payload: payload as Record<string, unknown>,
            lastAttempt: helpers.job.attempts >= helpers.job.max_attempts,
          }),
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
