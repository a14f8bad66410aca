/** Runs a scanner child: a process that reads hostile bytes and has neither database nor keys nor secrets. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Inventory } from '@pratique/contract';
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
  const code = ['node_modules', 'packages', 'apps/server'].map((part) => join(root, part));
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
};

export type Scanner = (order: ScanOrder) => Promise<Inventory>;

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
      const permissions = childPermissions(root, [...readable, ...notes], notes);
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

type Answer = { ok: true; inventory: unknown } | { ok: false; code: string; message: string };

function readAnswer(
  bytes: Buffer,
  code: number | null,
  signal: string | null,
  killed: string | null,
  complaint: string,
): Inventory {
  if (killed !== null)
    throw new ServerError('scan-failed', `the scanner ${killed} and was ended`, { details: { permanent: true } });
  if (code !== 0 || bytes.length === 0)
    throw new ServerError(
      'scan-failed',
      `the scanner ended with ${signal ?? `code ${code}`}: ${complaint.trim().split('\n').slice(-3).join(' ')}`,
    );
  const answer = JSON.parse(bytes.toString('utf8')) as Answer;
  if (!answer.ok)
    throw new ServerError('scan-failed', answer.message, {
      details: { permanent: answer.code !== 'internal', code: answer.code },
    });
  // The child read hostile bytes; what it says is parsed like anything from outside.
  return Inventory.parse(answer.inventory);
}

export type ScannersPart = { running: number; waiting: number; done: number; failed: number };

/**
 * At most `parallel` children at a time; the others wait their turn.
 * @param report called with the counts whenever they change
 */
export function limitScanners(scan: Scanner, parallel: number, report: (part: ScannersPart) => void): Scanner {
  let running = 0;
  let done = 0;
  let failed = 0;
  const queue: (() => void)[] = [];
  const tell = () => report({ running, waiting: queue.length, done, failed });
  tell();
  return async (order) => {
    if (running >= parallel) await new Promise<void>((resolve) => queue.push(resolve));
    else running++;
    tell();
    try {
      const inventory = await scan(order);
      done++;
      return inventory;
    } catch (error) {
      failed++;
      throw error;
    } finally {
      // The place goes to the next in the queue, or is free again.
      const next = queue.shift();
      if (next) next();
      else running--;
      tell();
    }
  };
}
