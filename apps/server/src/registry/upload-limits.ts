/** How many uploads one caller, one account and this process may have under way, and how slow they may be. */
import type { IncomingMessage } from 'node:http';
import { RegistryError } from './error.ts';

export type UploadLimits = {
  /**
   * Counts a request that sends bytes, until `done`; a body that hardly moves is cut off.
   * @throws RegistryError TOOMANYREQUESTS
   */
  begin(request: IncomingMessage, who: { actorId: string; accountId: string }): { done: () => void };
  /**
   * Notes an upload that keeps bytes between requests.
   * @param isOpen asked when there seem to be too many: another process may have finished some
   * @throws RegistryError TOOMANYREQUESTS
   */
  keep(id: string, accountId: string, isOpen: (id: string) => Promise<boolean>): Promise<void>;
  /** The upload has ended, or keeps nothing. */
  forget(id: string): void;
};

/** Requests whose bodies are being read. Half-open ones hold memory and a connection each. */
const MAX_OF_ACTOR = 250;
const MAX_OF_ACCOUNT = 750;
const MAX_OF_PROCESS = 1500;
/** Uploads of an account that hold bytes on the disk between requests. */
const MAX_KEPT = 2000;
const KEPT_MS = 24 * 3_600_000;
const LOOK_MS = 10_000;
/** A sender must bring this much in each window, on average 256 bytes a second: less is no upload but a siege. */
const WINDOW_MS = 60_000;
const WINDOW_BYTES = 16 * 1024;

export function createUploadLimits(): UploadLimits {
  const running = new Map<string, number>();
  const kept = new Map<string, { accountId: string; at: number }>();
  const keptBy = new Map<string, number>();

  function enter(key: string, most: number, what: string): void {
    const now = running.get(key) ?? 0;
    if (now >= most) throw tooMany(`${what} has ${most} uploads under way; end some, or wait`);
    running.set(key, now + 1);
  }
  function leave(key: string): void {
    const left = (running.get(key) ?? 1) - 1;
    if (left > 0) running.set(key, left);
    else running.delete(key);
  }
  function forget(id: string): void {
    const entry = kept.get(id);
    if (!entry) return;
    kept.delete(id);
    const left = (keptBy.get(entry.accountId) ?? 1) - 1;
    if (left > 0) keptBy.set(entry.accountId, left);
    else keptBy.delete(entry.accountId);
  }

  const lookedAt = new Map<string, number>();
  async function forgetEnded(accountId: string, isOpen: (id: string) => Promise<boolean>): Promise<void> {
    if ((lookedAt.get(accountId) ?? 0) > Date.now() - LOOK_MS) return;
    lookedAt.set(accountId, Date.now());
    for (const [id, entry] of kept) if (entry.accountId === accountId && !(await isOpen(id))) forget(id);
  }

  return {
    begin(request, { actorId, accountId }) {
      const entered: string[] = [];
      const leaveAll = () => {
        for (const key of entered.splice(0)) leave(key);
      };
      try {
        for (const [key, most, what] of [
          ['process', MAX_OF_PROCESS, 'the registry'],
          [`account ${accountId}`, MAX_OF_ACCOUNT, 'the account'],
          [`actor ${actorId}`, MAX_OF_ACTOR, 'the caller'],
        ] as const) {
          enter(key, most, what);
          entered.push(key);
        }
      } catch (error) {
        leaveAll();
        throw error;
      }
      const watch = watchPace(request);
      return {
        done() {
          clearInterval(watch);
          leaveAll();
        },
      };
    },
    async keep(id, accountId, isOpen) {
      if (kept.has(id)) return;
      // Insertion order is age: the oldest have been swept from the disk.
      for (const [old, entry] of kept) {
        if (entry.at > Date.now() - KEPT_MS) break;
        forget(old);
      }
      if ((keptBy.get(accountId) ?? 0) >= MAX_KEPT) await forgetEnded(accountId, isOpen);
      const now = keptBy.get(accountId) ?? 0;
      if (now >= MAX_KEPT) throw tooMany(`the account has ${MAX_KEPT} unfinished uploads; finish or cancel some`);
      kept.set(id, { accountId, at: Date.now() });
      keptBy.set(accountId, now + 1);
    },
    forget,
  };
}

const tooMany = (message: string) => new RegistryError('TOOMANYREQUESTS', { message, headers: { 'retry-after': '5' } });

function watchPace(request: IncomingMessage): NodeJS.Timeout {
  let before = request.socket.bytesRead;
  const timer = setInterval(() => {
    const now = request.socket.bytesRead;
    // Bytes that wait here mean that the disk is slow, not the client.
    const waits = request.readableLength > 0;
    if (!request.complete && !waits && now - before < WINDOW_BYTES) request.destroy();
    before = now;
  }, WINDOW_MS);
  timer.unref();
  return timer;
}
