/** A moment: how long ago, with the exact time on hover, kept current. */
import { useSyncExternalStore } from 'react';
import { useFormat } from '../format/format.ts';

const TICK_MS = 10_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** The current time to ten seconds, one clock for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** The shared clock ticks every ten seconds; what happened since its last tick is now, not a moment ahead. */
export function clockFor(moment: number, ticked: number, real: number): number {
  const current = Math.max(ticked, real - TICK_MS);
  return moment > current && moment <= real ? real : current;
}

export function Moment({ at }: { at: string }) {
  const format = useFormat();
  const current = clockFor(Date.parse(at), useNow(), Date.now());
  return (
    <time dateTime={at} title={format.moment(at)} className="nowrap">
      {format.since(at, current)}
    </time>
  );
}
