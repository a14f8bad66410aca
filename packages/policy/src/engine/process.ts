/** Starts one engine process and connects to it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PolicyError } from '../error.ts';
import { type Connection, openConnection } from './connection.ts';
import { StatusFile } from './status-file.ts';

export type EngineProcess = {
  readonly pid: number;
  readonly connection: Connection;
  /** Workers that are busy, or were at the time of death. */
  busy(): ReturnType<StatusFile['busy']>;
  /** SIGKILL: a policy that holds a worker cannot be asked to stop. */
  kill(): void;
  /** Settles after the process has gone; `why` says how. Its files are removed by release(). */
  readonly exited: Promise<{ why: string }>;
  release(): Promise<void>;
};

export type ProcessOptions = { binary: string; directory?: string | undefined; memoryMiB?: number | undefined };

const START_MS = 10_000;

/**
 * The process has an empty environment, a private directory (mode 700) for its socket, and ends with this one.
 *
 * @throws PolicyError `engine-unavailable`
 */
export async function startProcess({
  binary,
  directory = tmpdir(),
  memoryMiB = 512,
}: ProcessOptions): Promise<EngineProcess> {
  const home = await mkdtemp(join(directory, 'pratique-policy-'));
  const socket = join(home, 'engine.sock');
  const status = join(home, 'status');
  const args = ['--socket', socket, '--status', status, '--memory-mib', String(memoryMiB), '--exit-with-stdin'];
  const child = spawn(binary, args, { env: {}, cwd: home, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    // Go prints every goroutine's stack when it dies; the first lines say why.
    if (complaint.length < 2000) complaint += chunk.toString('utf8').slice(0, 2000);
  });
  child.stdin.on('error', () => {}); // The pipe only exists so that its end is noticed.
  const exited = new Promise<{ why: string }>((resolve) => {
    child.once('error', (error) => resolve({ why: error.message }));
    child.once('close', (code, signal) =>
      resolve({ why: complaint.split('\n').find((line) => line.trim() !== '') ?? `ended with ${signal ?? code}` }),
    );
  });
  try {
    await ready(child.stdout, exited);
    const connection = await openConnection(socket);
    const board = new StatusFile(status);
    return {
      pid: child.pid ?? -1,
      connection,
      busy: () => board.busy(),
      kill: () => child.kill('SIGKILL'),
      exited,
      async release() {
        connection.close();
        board.close();
        await rm(home, { recursive: true, force: true });
      },
    };
  } catch (cause) {
    child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
    throw cause;
  }
}

async function ready(output: NodeJS.ReadableStream, exited: Promise<{ why: string }>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const lines = createInterface({ input: output });
  const outcome = await Promise.race([
    new Promise<null>((resolve) => lines.once('line', () => resolve(null))),
    exited.then(({ why }) => why),
    new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`not ready after ${START_MS} ms`), START_MS);
    }),
  ]);
  clearTimeout(timer);
  if (outcome !== null) throw new PolicyError('engine-unavailable', `the policy engine did not start: ${outcome}`);
}
