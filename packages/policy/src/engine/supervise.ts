/** Keeps an engine process alive, kills it when an evaluation overruns, and tries again what was not at fault. */
import { PolicyError } from '../error.ts';
import type { Answer, EngineRequest } from './messages.ts';
import { type EngineProcess, type ProcessOptions, startProcess } from './process.ts';

export type EngineEvent =
  | { type: 'started'; pid: number }
  | { type: 'killed'; culprit: string; afterMs: number }
  | { type: 'died'; why: string; suspects: string[] }
  | { type: 'start-failed'; message: string; retryInMs: number };

export type SuperviseOptions = ProcessOptions & {
  /** How long past its own limit an evaluation may hold a worker before the process is killed. */
  graceMs: number;
  onEvent: (event: EngineEvent) => void;
  /** Requests that a new process needs before those that wait, for example the bundles they name. */
  prepare: (waiting: readonly EngineRequest[]) => EngineRequest[];
  onCulprit: (request: EngineRequest, doing: string) => void;
};

type Call = {
  id: number;
  request: EngineRequest;
  message: Buffer;
  limitMs: number;
  /** Asked alone, since the process died while it was being evaluated. */
  suspect: boolean;
  restarts: number;
  deadline: NodeJS.Timeout;
  resolve: (answer: Answer) => void;
  reject: (error: PolicyError) => void;
};

const WATCH_MS = 25;
const MAX_IN_FLIGHT = 1024;
const MAX_WAITING = 10_000;
const MAX_RESTARTS = 5;
const CALL_MS = 30_000;
const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 5_000;

export class Supervisor {
  private readonly options: SuperviseOptions;
  private engine: EngineProcess | null = null;
  private starting = false;
  private closing = false;
  private backoff = 0;
  private nextId = 1;
  private waiting: Call[] = [];
  private readonly inFlight = new Map<number, Call>();
  private watch: NodeJS.Timeout | null = null;
  /** The call that the process was killed for. */
  private condemned: { call: Call; doing: string } | null = null;

  constructor(options: SuperviseOptions) {
    this.options = options;
  }

  /**
   * Sends one request; the answer may come from a process started later than the call.
   *
   * @param encode writes the request with its id
   * @param limitMs how long the engine may be at it
   * @throws PolicyError `engine-overrun`, `engine-crashed` (this request's fault), `engine-unavailable`
   */
  async call(request: EngineRequest, encode: (id: number) => Buffer, limitMs: number): Promise<Answer> {
    if (this.closing) throw new PolicyError('engine-unavailable', 'the policy engine is closed');
    if (this.waiting.length >= MAX_WAITING)
      throw new PolicyError('engine-unavailable', `${MAX_WAITING} requests wait for the policy engine already`);
    const id = this.nextId++;
    const message = encode(id);
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.giveUp(call), CALL_MS);
      const call: Call = { id, request, message, limitMs, suspect: false, restarts: 0, deadline, resolve, reject };
      this.waiting.push(call);
      this.pump();
    });
  }

  /** Fails what waits and ends the process. */
  async close(): Promise<void> {
    this.closing = true;
    for (const call of [...this.waiting, ...this.inFlight.values()])
      this.fail(call, new PolicyError('engine-unavailable', 'the policy engine is closed'));
    this.waiting = [];
    const engine = this.engine;
    engine?.kill();
    await engine?.exited;
  }

  get pid(): number | null {
    return this.engine?.pid ?? null;
  }

  private pump(): void {
    if (this.waiting.length === 0 || this.closing || this.starting) return;
    if (!this.engine) {
      void this.start();
      return;
    }
    // A suspect is asked alone: whatever happens then is its doing, and nobody else pays for it.
    const running = [...this.inFlight.values()].some((call) => call.suspect);
    if (running) return;
    const suspect = this.waiting.findIndex((call) => call.suspect);
    if (suspect >= 0) {
      if (this.inFlight.size > 0) return;
      const [call] = this.waiting.splice(suspect, 1);
      if (call) this.dispatch(this.engine, call);
      return;
    }
    const room = MAX_IN_FLIGHT - this.inFlight.size;
    for (const call of this.waiting.splice(0, room)) this.dispatch(this.engine, call);
  }

  private dispatch(engine: EngineProcess, call: Call): void {
    this.inFlight.set(call.id, call);
    engine.connection.send(call.id, call.message).then(
      (answer) => {
        if (!this.inFlight.delete(call.id)) return;
        clearTimeout(call.deadline);
        call.resolve(answer);
        this.pump();
      },
      () => {}, // The process has gone: recover() decides what becomes of the call.
    );
    this.watch ??= setInterval(() => this.patrol(), WATCH_MS);
  }

  private async start(): Promise<void> {
    this.starting = true;
    try {
      const engine = await startProcess(this.options);
      if (this.closing) {
        engine.kill();
        await engine.exited;
        await engine.release();
        return;
      }
      this.engine = engine;
      this.options.onEvent({ type: 'started', pid: engine.pid });
      void engine.exited.then(({ why }) => this.recover(engine, why));
      void engine.connection.closed.then(() => engine.kill()); // Without its connection the process is of no use.
      const needed = this.options.prepare(this.waiting.map((call) => call.request));
      await Promise.all(needed.map((request) => this.send(engine, request)));
      this.backoff = 0;
    } catch (error) {
      this.backoff = Math.min(Math.max(this.backoff * 2, FIRST_BACKOFF_MS), LAST_BACKOFF_MS);
      const message = error instanceof Error ? error.message : String(error);
      this.options.onEvent({ type: 'start-failed', message, retryInMs: this.backoff });
      await new Promise((resolve) => setTimeout(resolve, this.backoff));
    } finally {
      this.starting = false;
    }
    this.pump();
  }

  private async send(engine: EngineProcess, request: EngineRequest): Promise<void> {
    const id = this.nextId++;
    await engine.connection.send(id, Buffer.from(JSON.stringify({ id, ...request })));
  }

  /** Kills the process when a request has held a worker for longer than its limit and the grace. */
  private patrol(): void {
    if (!this.engine || this.condemned) return;
    if (this.inFlight.size === 0) {
      this.stopWatch();
      return;
    }
    for (const worker of this.engine.busy()) {
      const call = this.inFlight.get(worker.id);
      if (!call || worker.forMs < call.limitMs + this.options.graceMs) continue;
      this.condemned = { call, doing: worker.doing };
      this.options.onEvent({ type: 'killed', culprit: worker.doing, afterMs: Math.round(worker.forMs) });
      this.engine.kill();
      return;
    }
  }

  /** Sorts out, after a death, who gets an error, who is asked again alone and who is simply asked again. */
  private recover(engine: EngineProcess, why: string): void {
    const suspects = engine.busy();
    const condemned = this.condemned;
    this.condemned = null;
    this.engine = null;
    this.stopWatch();
    void engine.release();
    if (!condemned && !this.closing)
      this.options.onEvent({ type: 'died', why, suspects: suspects.map((worker) => worker.doing) });
    const again: Call[] = [];
    for (const call of this.inFlight.values()) {
      const worker = suspects.find((each) => each.id === call.id);
      if (condemned?.call === call) {
        this.options.onCulprit(call.request, condemned.doing);
        this.fail(
          call,
          new PolicyError(
            'engine-overrun',
            `${condemned.doing} did not stop after ${call.limitMs} ms; the policy engine was killed`,
            { culprit: condemned.doing },
          ),
        );
      } else if (call.suspect) {
        const doing = worker?.doing ?? 'a policy';
        this.options.onCulprit(call.request, doing);
        this.fail(
          call,
          new PolicyError('engine-crashed', `${doing} brought the policy engine down: ${why.slice(0, 300)}`, {
            culprit: doing,
          }),
        );
      } else if (++call.restarts > MAX_RESTARTS) {
        this.fail(
          call,
          new PolicyError('engine-unavailable', `the policy engine died ${call.restarts} times before it answered`),
        );
      } else {
        call.suspect = !condemned && worker !== undefined;
        again.push(call);
      }
    }
    this.inFlight.clear();
    this.waiting = [...again, ...this.waiting];
    this.pump();
  }

  private giveUp(call: Call): void {
    this.inFlight.delete(call.id);
    this.waiting = this.waiting.filter((each) => each !== call);
    this.fail(call, new PolicyError('engine-unavailable', `the policy engine did not answer within ${CALL_MS} ms`));
    this.pump();
  }

  private fail(call: Call, error: PolicyError): void {
    clearTimeout(call.deadline);
    call.reject(error);
  }

  private stopWatch(): void {
    if (this.watch) clearInterval(this.watch);
    this.watch = null;
  }
}
