/** One supervised process: started, watched, started again with back-off, stopped in order. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Logger } from 'pino';

export type ChildState = {
  name: string;
  state: 'starting' | 'ready' | 'restarting' | 'stopped';
  pid: number | null;
  restarts: number;
  detail: string | null;
  parts: Record<string, unknown>;
};

export type Supervised = {
  state(): ChildState;
  /** Resolves when the process has said that it is ready, for the first time. @throws what it said when it gave up */
  ready: Promise<void>;
  send(message: unknown): void;
  stop(): Promise<void>;
};

/** What a child tells its supervisor. `fatal` means that starting again would not help: a wrong setting, a port in use. */
export type ChildMessage =
  | { type: 'ready' }
  | { type: 'alive' }
  | { type: 'fatal'; code: string; message: string }
  | { type: 'parts'; parts: Record<string, unknown> };

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 15_000;
/** A process that lived this long starts afresh with the shortest delay. */
const STEADY_MS = 30_000;
const STOP_GRACE_MS = 15_000;
/** A process that answers nothing for as long as six of these hangs, and is ended. */
const ASK_MS = 10_000;
const MAX_UNANSWERED = 6;

export type ChildSpec = {
  name: string;
  module: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  execArgv?: string[];
  /** Milliseconds that it takes longer to stop, since it drains first. */
  drainMs?: number;
  /** Milliseconds between questions whether it is alive. */
  askMs?: number;
};

export function supervise(
  spec: ChildSpec,
  log: Logger,
  onChange: (fatal: { code: string; message: string } | null) => void,
): Supervised {
  const state: ChildState = { name: spec.name, state: 'starting', pid: null, restarts: 0, detail: null, parts: {} };
  let child: ChildProcess;
  let stopping = false;
  let delay = FIRST_DELAY_MS;
  let timer: NodeJS.Timeout | undefined;
  let unanswered = 0;
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {}); // the supervisor's own start-up awaits it; a second report would end the process

  function start(): void {
    const startedAt = Date.now();
    unanswered = 0;
    child = fork(spec.module, spec.args, {
      env: spec.env,
      execArgv: spec.execArgv ?? [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    state.pid = child.pid ?? null;
    child.on('message', (message: ChildMessage) => hear(message));
    child.on('error', (error) => {
      log.error({ err: error, child: spec.name }, 'child could not be started');
      // Without a process there is no exit to wait for.
      if (child.pid === undefined) gone(null, null);
    });
    child.on('exit', gone);

    function gone(code: number | null, signal: NodeJS.Signals | null): void {
      state.pid = null;
      if (stopping) return;
      if (Date.now() - startedAt > STEADY_MS) delay = FIRST_DELAY_MS;
      state.state = 'restarting';
      state.restarts++;
      state.detail = signal ? `ended by ${signal}` : code === null ? 'could not be started' : `ended with code ${code}`;
      log.warn({ child: spec.name, code, signal, delay }, 'child ended; starting it again');
      onChange(null);
      timer = setTimeout(start, delay);
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
    }
  }

  /** Only a process that was ready once: starting may take as long as it takes. */
  function ask(): void {
    if (state.state !== 'ready' || !child.connected) return;
    if (unanswered >= MAX_UNANSWERED) {
      log.error({ child: spec.name, pid: state.pid }, 'child does not answer; ending it');
      child.kill('SIGKILL');
      return;
    }
    unanswered++;
    child.send({ type: 'alive?' }, () => {});
  }
  const asking = setInterval(ask, spec.askMs ?? ASK_MS);
  asking.unref();

  function hear(message: ChildMessage): void {
    unanswered = 0;
    if (message.type === 'ready') {
      state.state = 'ready';
      state.detail = null;
      ready.resolve();
      onChange(null);
    } else if (message.type === 'parts') {
      state.parts = message.parts;
      onChange(null);
    } else if (message.type === 'fatal') {
      state.detail = message.message;
      ready.reject(Object.assign(new Error(message.message), { code: message.code }));
      onChange({ code: message.code, message: message.message });
    }
  }

  start();
  return {
    state: () => ({ ...state }),
    ready: ready.promise,
    send: (message) => {
      if (child.connected) child.send(message as object, () => {});
    },
    async stop() {
      stopping = true;
      clearInterval(asking);
      clearTimeout(timer);
      state.state = 'stopped';
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS + (spec.drainMs ?? 0));
      await ended;
      clearTimeout(hard);
    },
  };
}
