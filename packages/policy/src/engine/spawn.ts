/** Starts and supervises an engine of our own. */
import { EngineClient, LOAD_MS, type LoadOutcome, loadOutcome, type PolicyEngine } from './client.ts';
import type { EngineRequest } from './messages.ts';
import { Offenders } from './offenders.ts';
import { type ProcessOptions, startProcess } from './process.ts';
import { type EngineEvent, Supervisor } from './supervise.ts';

export type SpawnOptions = {
  /** Path of the built engine (apps/policy-engine/build.mjs). */
  binary: string;
  /** Where the private directory of socket and status file is made; the system's temporary one by default. */
  directory?: string;
  /** Data segment of the engine; 512 by default. */
  memoryMiB?: number;
  /** How long past its limit an evaluation may run before the process is killed; 150 ms by default. */
  graceMs?: number;
  /** How long compiling an unknown bundle may take; 10 s by default. */
  compileMs?: number;
  /** Told of starts, kills and deaths, for logs and metrics. */
  onEvent?: (event: EngineEvent) => void;
  /** Milliseconds; Date.now by default. */
  now?: () => number;
};

export type SpawnedEngine = PolicyEngine & {
  /** Process id of the engine that runs now; null between two. */
  readonly pid: number | null;
};

/**
 * The process starts with the first request and again whenever one finds it gone.
 * What overruns is killed with the process; reviews that were not at fault are evaluated again, by the next one.
 */
export function spawnEngine(options: SpawnOptions): SpawnedEngine {
  const {
    binary,
    directory,
    memoryMiB,
    graceMs = 150,
    compileMs = LOAD_MS,
    onEvent = () => {},
    now = Date.now,
  } = options;
  const process: ProcessOptions = { binary, directory, memoryMiB };
  const offenders = new Offenders(now);
  const supervisor = new Supervisor({
    ...process,
    graceMs,
    onEvent,
    prepare: (waiting) => client.prepare(waiting),
    onCulprit: (request, doing) => {
      if (request.op === 'eval') offenders.record(request.bundle, doing);
    },
  });
  const client: EngineClient = new EngineClient({
    call: (request, encode, limitMs) => supervisor.call(request, encode, limitMs),
    rehearse: (request) => rehearse(process, request, compileMs),
    offenders,
    close: () => supervisor.close(),
  });
  return Object.defineProperty(client, 'pid', { get: () => supervisor.pid }) as EngineClient & {
    readonly pid: number | null;
  };
}

/** OPA's compiler cannot be interrupted, so an unknown bundle is compiled in a process that may be lost. */
async function rehearse(options: ProcessOptions, request: EngineRequest, compileMs: number): Promise<LoadOutcome> {
  const scratch = await startProcess(options);
  const timer = setTimeout(() => scratch.kill(), compileMs);
  try {
    const answer = scratch.connection.send(1, Buffer.from(JSON.stringify({ id: 1, ...request })));
    // When the process dies first, its exit says more than the broken connection.
    const outcome = await answer.catch(async () => scratch.exited);
    if ('id' in outcome) return loadOutcome(outcome);
    const doing = scratch.busy()[0]?.doing ?? 'compile';
    const message = `compiling took more than ${compileMs} ms or the memory that is allowed (${outcome.why.slice(0, 200)})`;
    return {
      outcome: 'invalid',
      problems: [
        { template: doing.replace(/^compile /, ''), constraint: '', source: 'rego', line: 0, column: 0, message },
      ],
    };
  } finally {
    clearTimeout(timer);
    scratch.kill();
    await scratch.exited;
    await scratch.release();
  }
}
