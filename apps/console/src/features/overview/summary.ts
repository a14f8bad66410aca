/** Counts behind the overview's sentences. */
import type { Overview } from '@pratique/contract';

const FRESH_MS = 7 * 86_400_000;

/** Refused images count as one thing; everything else that is wrong counts each. */
export function wrongIn(seen: Overview): number {
  return (
    (seen.denied > 0 ? 1 : 0) +
    seen.failedRuns.length +
    seen.deniedAdmissions.length +
    seen.expiring.length +
    seen.breakGlass.length +
    seen.silentClusters.length +
    seen.deadLetters.length +
    notReady(seen.health).length
  );
}

export function decisionsIn(seen: Overview): number {
  return seen.waiting.length + seen.requestedExceptions.length;
}

export function notReady(health: Overview['health']): Overview['health']['processes'] {
  return health.processes.filter((process) => process.state !== 'ready');
}

/** True for advisory data dated within the last seven days. */
export function isFresh(date: string | null, now: number): boolean {
  return date !== null && now - new Date(date).getTime() < FRESH_MS;
}
