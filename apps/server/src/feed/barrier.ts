/** After a commit: waits until no other process can answer from before it. */

import { coalesce } from '../coalesce.ts';
import type { Db } from '../db/connect.ts';
import { callReaders, countBehind, LAPSE_MS, MEMORIES, type Memory } from './readers.ts';

export type Barrier = {
  /** Call after the commit. Never fails: a reader that is silent stops answering from memory by itself, in bounded time. */
  passed: (memories?: readonly Memory[]) => Promise<void>;
  /** Another reader said that it has read. */
  heard(): void;
};

/** How often it is looked again when no word comes. */
const LOOK_MS = 20;

/**
 * @param alone whether it is known, and for how long yet, that nobody else remembers: then there is nothing to wait for
 * @see docs/adr/0006-read-your-write-between-processes.md
 */
export function createBarrier(db: Db, readerId: string, alone: (memories: readonly Memory[]) => boolean): Barrier {
  let heard: () => void = () => {};

  async function wait(memories: readonly Memory[]): Promise<void> {
    const started = performance.now();
    // From here on by our own clock: whoever has not read by then has stopped trusting its memory.
    const left = () => started + LAPSE_MS - performance.now();
    try {
      const moment = await callReaders(db, readerId);
      while (left() > 0) {
        if ((await countBehind(db, readerId, memories, moment)) === 0) return;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_MS);
          heard = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    } catch {
      // The database is gone; the readers cannot read it either.
      await new Promise((resolve) => setTimeout(resolve, Math.max(left(), 0)));
    }
  }

  const rounds = {
    registry: coalesce(() => wait(['registry'])),
    admission: coalesce(() => wait(['admission'])),
    all: coalesce(() => wait(MEMORIES)),
  };
  return {
    async passed(memories = MEMORIES) {
      if (alone(memories)) return;
      await rounds[memories.length === 1 && memories[0] ? memories[0] : 'all']();
    },
    heard: () => heard(),
  };
}
