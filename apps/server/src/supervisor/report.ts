/** How a role speaks to its supervisor, and ends when the supervisor is gone. */
import type { ChildMessage, ChildState } from './child.ts';

export type RoleContext = {
  ready(): void;
  fatal(code: string, message: string): void;
  /** Parts of this process that /readyz shows: engines, scanners. */
  parts(parts: Record<string, unknown>): void;
  /** Latest states of all children, as the supervisor sent them. */
  siblings(): ChildState[];
  /** Called once, on SIGTERM, SIGINT or when the supervisor died. */
  onStop(stop: () => Promise<void>): void;
};

/** Connects this process to the supervisor that forked it. */
export function joinSupervisor(): RoleContext {
  let siblings: ChildState[] = [];
  let stop: () => Promise<void> = async () => {};
  let stopping = false;
  const tell = (message: ChildMessage) => {
    if (process.connected) process.send?.(message);
  };
  const end = () => {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('message', (message: { type: string; children?: ChildState[] }) => {
    if (message.type === 'alive?') tell({ type: 'alive' });
    if (message.type === 'children') siblings = message.children ?? [];
  });
  // Without its supervisor (kill -9) a role must not go on beside the ones a new supervisor will start.
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // A terminal's Ctrl-C reaches the whole group; the supervisor decides the order of stopping.
  process.on('SIGINT', () => {});
  return {
    ready: () => tell({ type: 'ready' }),
    fatal: (code, message) => tell({ type: 'fatal', code, message }),
    parts: (parts) => tell({ type: 'parts', parts }),
    siblings: () => siblings,
    onStop: (work) => {
      stop = work;
    },
  };
}
