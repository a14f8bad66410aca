/** Asks a process of our own that has neither database nor keys: an order on its stdin, an answer on its stdout. */
import { spawn } from 'node:child_process';

export type ChildOrder = {
  /** Of the script that answers. */
  script: string;
  /** Flags of the permission model; nothing else is allowed. */
  permissions: readonly string[];
  cwd: string;
  /** MiB of the JavaScript heap. */
  memoryMb: number;
  /** Seconds, after which the child is killed with all that it started. */
  timeoutS: number;
  /** Bytes of an answer that are taken. */
  maxAnswer: number;
  order: unknown;
  env?: Record<string, string>;
};

/** Why a child gave no answer, as what it did: `took longer than 5 s and was ended`. `ended`: it would again. */
export class ChildFailure extends Error {
  readonly ended: boolean;
  constructor(message: string, ended: boolean) {
    super(message);
    this.ended = ended;
  }
}

/** @throws ChildFailure where the child gives no JSON; what it says is from outside, and to be parsed as such */
export async function askChild(ask: ChildOrder): Promise<unknown> {
  const { output, code, signal, killed, complaint } = await run(ask);
  if (killed !== null) throw new ChildFailure(`${killed} and was ended`, true);
  if (code !== 0 || output.length === 0)
    throw new ChildFailure(`ended with ${signal ?? `code ${code}`}: ${wordsOf(complaint)}`, false);
  try {
    return JSON.parse(output.toString('utf8'));
  } catch {
    throw new ChildFailure('gave an answer that is not JSON', false);
  }
}

/** The last that it said, without where in the code it was. */
function wordsOf(complaint: string): string {
  const lines = complaint.split('\n').filter((line) => !/^(\s+at |Node\.js v|[\s^]*$)/.test(line));
  return lines.slice(-3).join(' ').trim();
}

type Ended = {
  output: Buffer;
  code: number | null;
  signal: NodeJS.Signals | null;
  killed: string | null;
  complaint: string;
};

function run(ask: ChildOrder): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...ask.permissions, `--max-old-space-size=${ask.memoryMb}`, '--no-warnings', ask.script],
      // A group of its own: what it started ends with it.
      { cwd: ask.cwd, env: { LANG: 'C.UTF-8', ...ask.env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    );
    const pieces: Buffer[] = [];
    let size = 0;
    let complaint = '';
    let killed: string | null = null;
    const kill = (why: string) => {
      killed = why;
      endGroup(child.pid);
    };
    const timer = setTimeout(() => kill(`took longer than ${ask.timeoutS} s`), ask.timeoutS * 1000);
    if (child.pid !== undefined) follow(child.pid);
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > ask.maxAnswer) kill('gave an answer that is too large');
      else pieces.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => {
      complaint = (complaint + piece.toString('utf8')).slice(-2000);
    });
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (child.pid !== undefined) running.delete(child.pid);
      resolve({ output: Buffer.concat(pieces), code, signal, killed, complaint });
    });
    child.stdin.end(JSON.stringify(ask.order));
  });
}

/** Children end with this process, however it ends by itself. */
const running = new Set<number>();
let followed = false;

function follow(pid: number): void {
  running.add(pid);
  if (followed) return;
  followed = true;
  process.once('exit', () => {
    for (const each of running) endGroup(each);
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
