/** How long to wait before the next attempt: longer each time, never in step with other agents. */
import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Milliseconds after this many failures in a row; between half and all of the doubled time ("equal jitter"). */
export function backoffDelay(failures: number, random: () => number = Math.random): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.min(failures, 10), LONGEST_MS);
  return whole / 2 + (random() * whole) / 2;
}

/** Waits; returns early once `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
