/** The worker's part in images of other registries: a queue of its own, and the clock that renews what is known. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import { runQueue } from '../jobs/run-queue.ts';
import type { OutboundGuard } from '../outbound/check-target.ts';
import type { Signer } from '../signer/client.ts';
import { runExamination } from './run-examination.ts';
import { scheduleExaminations } from './schedule-examinations.ts';

/** Looked at together; each waits for the network, not for this machine. */
const PARALLEL = 8;

/** Registries that hang hold up other registries at most, never a chain. */
export async function startExaminations(
  deps: { db: Db; pool: pg.Pool; guard: OutboundGuard; signer: Pick<Signer, 'open'>; log: Logger },
  processName: string,
): Promise<{ stop(): Promise<void> }> {
  const queue = await runQueue(
    deps,
    {
      'foreign.examine': ({ payload }) =>
        runExamination(deps, {
          accountId: String(payload['accountId']),
          name: String(payload['name']),
          reference: String(payload['reference']),
        }),
    },
    { concurrency: PARALLEL, processName: `${processName}:foreign` },
  );
  const clock = scheduleExaminations(deps.db, deps.log);
  return {
    async stop() {
      clock.stop();
      await queue.stop();
    },
  };
}
