/** Hands batches of contents to threads, and holds back who brings more than they can take. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ScanError } from '../error.ts';
import { BATCH_BYTES, type Batch } from './batch.ts';
import type { ContentFacts } from './content-facts.ts';
import type { Answer, Started, Task } from './content-thread.ts';

/** Bytes under way, beside the one batch that may be larger. */
const MOST_BYTES = 24 * 1024 * 1024;
const MOST_THREADS = 4;

export type Asked = { resolve: (facts: ContentFacts | null) => void; reject: (error: unknown) => void };

/** Examines batches of contents. */
export type Batches = {
  /** @param bytes that the first file of a batch takes */
  memoryFor(bytes: number): ArrayBuffer;
  give(batch: Batch<Asked>): void;
  /** Null while there is room; else resolves when there is. */
  room(): Promise<void> | null;
  close(): Promise<void>;
};

export class ContentPool implements Batches {
  readonly #threads: { worker: Worker; bytes: number }[] = [];
  readonly #under = new Map<number, { batch: Batch<Asked>; thread: { bytes: number } }>();
  readonly #waiting: (() => void)[] = [];
  /** Of batches that came back: new memory would be filled with zeros, and wait for the collector. */
  readonly #free: ArrayBuffer[] = [];
  #bytes = 0;
  #next = 0;
  #failure: ScanError | null = null;

  constructor(started: Started) {
    // This thread and the one that decompresses have work too.
    const count = Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));
    for (let at = 0; at < count; at += 1) {
      const worker = new Worker(new URL('./content-thread.ts', import.meta.url), {
        workerData: started,
        execArgv: ['--no-warnings'],
      });
      worker.on('message', (answer: Answer) => this.#take(answer));
      worker.on('error', (cause) => this.#fail(cause));
      worker.on('exit', () => this.#fail(new Error('its thread ended')));
      this.#threads.push({ worker, bytes: 0 });
    }
  }

  memoryFor(bytes: number): ArrayBuffer {
    return bytes > BATCH_BYTES ? new ArrayBuffer(bytes) : (this.#free.pop() ?? new ArrayBuffer(BATCH_BYTES));
  }

  give(batch: Batch<Asked>): void {
    const [first, ...others] = this.#threads;
    if (this.#failure || !first) {
      for (const { reject } of batch.notes) reject(this.#failure ?? new ScanError('engine-failed', 'nobody examines'));
      return;
    }
    const thread = others.reduce((least, each) => (each.bytes < least.bytes ? each : least), first);
    const id = this.#next++;
    thread.bytes += batch.bytes;
    this.#bytes += batch.bytes;
    this.#under.set(id, { batch, thread });
    const { memory } = batch;
    thread.worker.postMessage({ id, memory, files: batch.files } satisfies Task, [memory]);
  }

  room(): Promise<void> | null {
    if (this.#bytes <= MOST_BYTES) return null;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    this.#failure ??= new ScanError('engine-failed', 'the examination was ended');
    for (const { worker } of this.#threads.splice(0)) await worker.terminate();
  }

  #take({ id, facts, memory }: Answer): void {
    const done = this.#under.get(id);
    if (!done) return;
    this.#under.delete(id);
    if (memory) this.#free.push(memory);
    this.#bytes -= done.batch.bytes;
    done.thread.bytes -= done.batch.bytes;
    for (const [at, { resolve }] of done.batch.notes.entries()) resolve(facts[at] ?? null);
    if (this.#bytes <= MOST_BYTES) for (const wake of this.#waiting.splice(0)) wake();
  }

  /** One thread that is gone took with it what it had: nothing sure can be said then. */
  #fail(cause: unknown): void {
    this.#failure ??= new ScanError('engine-failed', 'the contents could not be examined', { cause });
    for (const { batch } of this.#under.values()) for (const { reject } of batch.notes) reject(this.#failure);
    this.#under.clear();
    this.#bytes = 0;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
