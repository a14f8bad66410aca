/** Runs a scanner child: a process that reads hostile bytes and has neither database nor keys nor secrets. */
import { join } from 'node:path';
import { ExaminedContents, Inventory } from '@pratique/contract';
import type { Descriptor } from '@pratique/oci';
import { askChild, ChildFailure } from '../children/ask-child.ts';
import { childPermissions } from '../children/child-permissions.ts';
import { ServerError } from '../error.ts';

/** What the child is told: where the layers lie, and where it may note what it read of them. Nothing else. */
export type ScanOrder = {
  layers: { descriptor: Descriptor; diffId: string | null; path: string }[];
  config: unknown;
  /** A folder that exists. A child that a hostile image has taken over could lie to all who are given the same one. */
  memory?: { dir: string; maxBytes: number } | undefined;
  /**
   * Absent where nobody asks for contents. `key` is that of fingerprints, in hexadecimal; `now`, in ISO 8601, is what ends
   * of life are judged by; `alone`: no inventory is asked for.
   */
  contents?: { key: string; now: string; alone: boolean } | undefined;
};

export type ScanResult = {
  /** Null where it was not asked for. */
  inventory: Inventory | null;
  /** Null where they were not asked for, or could not be examined. */
  contents: ExaminedContents | null;
  /** Why the contents could not be examined. */
  failure: string | null;
};

export type Scanner = (order: ScanOrder) => Promise<ScanResult>;

/** A result larger than this is not an inventory of an image that anybody runs. */
const MAX_RESULT_BYTES = 512 * 1024 * 1024;
const CHILD = join(import.meta.dirname, 'scanner-child.ts');

/**
 * @param readable folders the child may read besides its code: the blob store
 * @param limits memory in MiB for the JavaScript heap; time in seconds, after which the child is killed
 */
export function createScanner(
  root: string,
  readable: string[],
  limits: { memoryMb: number; timeoutS: number },
): Scanner {
  return async (order) => {
    const notes = order.memory ? [order.memory.dir] : [];
    // The engine of malware rules is an addon; it runs here, where there is nothing to be had, or nowhere.
    const addons = order.contents ? ['--allow-addons'] : [];
    const answer = await askChild({
      script: CHILD,
      permissions: [...childPermissions(root, [...readable, ...notes], notes), ...addons],
      cwd: root,
      ...limits,
      maxAnswer: MAX_RESULT_BYTES,
      order,
    }).catch((error: unknown) => {
      if (!(error instanceof ChildFailure)) throw error;
      throw new ServerError('scan-failed', `the scanner ${error.message}`, {
        details: { permanent: error.ended, ended: true },
      });
    });
    return readAnswer(answer as Answer);
  };
}

/** What the child writes. */
export type Answer =
  | { ok: true; inventory: unknown; contents: unknown; failure: string | null }
  | { ok: false; code: string; message: string };

function readAnswer(answer: Answer): ScanResult {
  if (!answer.ok)
    throw new ServerError('scan-failed', answer.message, {
      details: { permanent: answer.code !== 'internal', code: answer.code },
    });
  // The child read hostile bytes; what it says is parsed like anything from outside.
  return {
    inventory: answer.inventory === null ? null : Inventory.parse(answer.inventory),
    contents: answer.contents === null ? null : ExaminedContents.parse(answer.contents),
    failure: answer.failure === null ? null : String(answer.failure),
  };
}

export type ScannersPart = { running: number; waiting: number; done: number; failed: number };

/** `background` is work that nobody waits for. */
export type Lane = 'foreground' | 'background';
export type LanedScanner = (order: ScanOrder, lane?: Lane) => Promise<ScanResult>;

/**
 * At most `parallel` children at a time; the others wait their turn. Of work in the background at most half of that many
 * run, one at least, and it begins only where nobody else is waiting.
 * @param report called with the counts whenever they change
 */
export function limitScanners(scan: Scanner, parallel: number, report: (part: ScannersPart) => void): LanedScanner {
  const most = { foreground: parallel, background: Math.max(1, Math.floor(parallel / 2)) };
  const running = { foreground: 0, background: 0 };
  const waiting: Record<Lane, (() => void)[]> = { foreground: [], background: [] };
  let done = 0;
  let failed = 0;
  const tell = () =>
    report({
      running: running.foreground + running.background,
      waiting: waiting.foreground.length + waiting.background.length,
      done,
      failed,
    });
  const begin = () => {
    for (const lane of ['foreground', 'background'] as const)
      while (
        waiting[lane].length > 0 &&
        running.foreground + running.background < parallel &&
        running[lane] < most[lane]
      ) {
        running[lane]++;
        waiting[lane].shift()?.();
      }
  };
  tell();
  return async (order, lane = 'foreground') => {
    const turn = new Promise<void>((resolve) => waiting[lane].push(resolve));
    begin();
    tell();
    await turn;
    try {
      const result = await scan(order);
      done++;
      return result;
    } catch (error) {
      failed++;
      throw error;
    } finally {
      running[lane]--;
      begin();
      tell();
    }
  };
}
