/** What /readyz says of a role's policy engine. */
import type { EngineEvent } from '@pratique/policy';
import type { Logger } from 'pino';

export type EnginePart = { state: 'idle' | 'running' | 'starting'; starts: number; lastTrouble: string | null };

/** @param report called with the new state whenever it changes */
export function watchEngine(log: Logger, report: (part: EnginePart) => void): (event: EngineEvent) => void {
  // Started by the first question, and again by the first one that finds it gone.
  const part: EnginePart = { state: 'idle', starts: 0, lastTrouble: null };
  report({ ...part });
  return (event) => {
    if (event.type === 'started') {
      part.state = 'running';
      part.starts++;
    } else {
      part.state = event.type === 'start-failed' ? 'starting' : 'idle';
      part.lastTrouble = describe(event);
    }
    log[event.type === 'started' ? 'info' : 'warn']({ event }, 'policy engine');
    report({ ...part });
  };
}

function describe(event: Exclude<EngineEvent, { type: 'started' }>): string {
  if (event.type === 'killed') return `ended after ${event.afterMs} ms in ${event.culprit}`;
  return event.type === 'died' ? `ended by itself: ${event.why}` : event.message;
}
