/** Runs a scanner child: a process that reads hostile bytes and has neither database nor keys nor secrets. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ExaminedContents, Inventory } from '@pratique/contract';
import type { Descriptor } from '@pratique/oci';
import { ServerError } from '../error.ts';

/**
 * Flags that let a child of ours read its code and the named folders, write where it is said, and start nothing. The
 * checkout as a whole is not among them: the data folder, with keys and passwords, lies in it by default.
 */
export function childPermissions(
  root: string,
  readable: readonly string[],
  writable: readonly string[] = [],
): string[] {
  const code = ['node_modules', 'packages', 'apps/server', 'rules'].map((part) => join(root, part));
  return [
    '--permission',
    ...[...code, ...readable].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
  ];
}

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
  return (order) =>
    new Promise((resolve, reject) => {
      const notes = order.memory ? [order.memory.dir] : [];
      // The engine of malware rules is an addon; it runs here, where there is nothing to be had, or nowhere.
      const addons = order.contents ? ['--allow-addons'] : [];
      const permissions = [...childPermissions(root, [...readable, ...notes], notes), ...addons];
      const child = spawn(
        process.execPath,
        [...permissions, `--max-old-space-size=${limits.memoryMb}`, '--no-warnings', CHILD],
        {
          cwd: root,
          env: { LANG: 'C.UTF-8' },
          stdio: ['pipe', 'pipe', 'pipe'],
        },
      );
      const output: Buffer[] = [];
      let size = 0;
      let complaint = '';
      let killed: string | null = null;
      const kill = (why: string) => {
        killed = why;
        child.kill('SIGKILL');
      };
      const timer = setTimeout(() => kill(`took longer than ${limits.timeoutS} s`), limits.timeoutS * 1000);
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_RESULT_BYTES) kill('gave a result that is too large');
        else output.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString('utf8')).slice(-2000);
      });
      child.stdin.on('error', () => {});
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        try {
          resolve(readAnswer(Buffer.concat(output), code, signal, killed, complaint));
        } catch (error) {
          reject(error);
        }
      });
      child.stdin.end(JSON.stringify(order));
    });
}

/** What the child writes. */
export type Answer =
  | { ok: true; inventory: unknown; contents: unknown; failure: string | null }
  | { ok: false; code: string; message: string };

function readAnswer(
  bytes: Buffer,
  code: number | null,
  signal: string | null,
  killed: string | null,
  complaint: string,
): ScanResult {
  if (killed !== null)
    throw new ServerError('scan-failed', `the scanner ${killed} and was ended`, {
      details: { permanent: true, ended: true },
    });
  if (code !== 0 || bytes.length === 0)
    throw new ServerError(
      'scan-failed',
      `the scanner ended with ${signal ?? `code ${code}`}: ${complaint.trim().split('\n').slice(-3).join(' ')}`,
      { details: { ended: true } },
    );
  const answer = JSON.parse(bytes.toString('utf8')) as Answer;
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
