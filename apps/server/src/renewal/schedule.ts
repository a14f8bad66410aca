/** Keeps verdicts alive in the background: a few at a time, and never more than half of the time. */
import type { Logger } from 'pino';
import { asSystem } from '../db/connect.ts';
import { claimDue } from './claim-due.ts';
import { noteRenewalFailure, type RenewalDeps, renewVerdict } from './renew-verdict.ts';
import { tellWhatEnds } from './tell-what-ends.ts';

const BATCH = 16;
const PARALLEL = 4;
const IDLE_MS = 1000;
const TELL_EVERY_MS = 5000;

export type Renewals = { stop(): Promise<void> };

export function scheduleRenewals(deps: RenewalDeps, log: Logger): Renewals {
  let stopped = false;
  let wake: () => void = () => {};
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const loop = (async () => {
    let toldAt = 0;
    while (!stopped) {
      const started = performance.now();
      let found = 0;
      try {
        if (started - toldAt > TELL_EVERY_MS || toldAt === 0) {
          toldAt = (await asSystem(deps.db, tellWhatEnds)) ? 0 : started;
        }
        found = await renewDue(deps, log);
      } catch (error) {
        log.warn({ err: error }, 'verdicts that are due could not be looked at; it is tried again');
      }
      // As long a pause as the work took: the rest of the machine is for those who wait.
      await pause(found > 0 ? Math.max(10, performance.now() - started) : IDLE_MS);
    }
  })();

  return {
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}

/** Looks at the verdicts that have been due longest. @returns how many there were */
export async function renewDue(deps: RenewalDeps, log: Logger, limit = BATCH): Promise<number> {
  const due = await asSystem(deps.db, (tx) => claimDue(tx, limit));
  const queue = [...due];
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const verdict = next;
        try {
          const outcome = await renewVerdict(deps, verdict);
          log.debug({ outcome, repositoryId: verdict.repositoryId, digest: verdict.digest }, 'verdict looked at');
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          log.warn({ err: error, repositoryId: verdict.repositoryId, digest: verdict.digest }, 'verdict not renewed');
          await asSystem(deps.db, (tx) => noteRenewalFailure(tx, verdict, message));
        }
      }
    }),
  );
  return due.length;
}
