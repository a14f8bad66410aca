/** Renews what is known before it gets old, and forgets what nobody asks for. */
import type { Logger } from 'pino';
import { asSystem, type Db } from '../db/connect.ts';
import { deleteForgotten, enqueueExamination, takeDue } from './foreign-rows.ts';

const EVERY_MS = 15_000;
const FORGET_EVERY = 240;
const BATCH = 200;

/** Enqueues what is due. @returns how many examinations */
export async function enqueueDue(db: Db): Promise<number> {
  return asSystem(db, async (tx) => {
    const due = await takeDue(tx, BATCH);
    for (const key of due) await enqueueExamination(tx, key);
    return due.length;
  });
}

/** Four times a minute; a failure is told and tried again. */
export function scheduleExaminations(db: Db, log: Logger): { stop(): void } {
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    const work = turn % FORGET_EVERY === 0 ? asSystem(db, deleteForgotten).then(() => enqueueDue(db)) : enqueueDue(db);
    work.catch((error: unknown) => log.warn({ err: error }, 'images of other registries could not be looked through'));
  }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
