/** A few worker threads that unpack packages. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ComposeError, type ComposeErrorCode } from '../error.ts';
import type { Unpacked } from './deb-worker.ts';

export type Unpacker = {
  /** Unpacks a package's data archive to the file `spool`; returns its control archive and the bytes written. */
  unpack(bytes: Buffer, spool: string, name: string): Promise<{ control: Buffer; dataSize: number }>;
  close(): Promise<void>;
};

const MAX_WORKERS = 8;

/** Starts threads as they are needed, at most one per core. */
export function startUnpacker(): Unpacker {
  const limit = Math.min(MAX_WORKERS, availableParallelism());
  const all: Worker[] = [];
  const idle: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const take = (): Promise<Worker> => {
    const free = idle.pop();
    if (free) return Promise.resolve(free);
    if (all.length < limit) {
      const worker = new Worker(new URL('./deb-worker.ts', import.meta.url));
      all.push(worker);
      return Promise.resolve(worker);
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const release = (worker: Worker) => {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };
  return {
    unpack: async (bytes, spool, name) => {
      const worker = await take();
      try {
        const result = await ask(worker, { bytes, spool, name });
        if ('code' in result) throw new ComposeError(result.code as ComposeErrorCode, result.message);
        return { control: Buffer.from(result.control), dataSize: result.dataSize };
      } finally {
        release(worker);
      }
    },
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}

function ask(worker: Worker, job: { bytes: Buffer; spool: string; name: string }): Promise<Unpacked> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off('message', answered);
      worker.off('error', failed);
      worker.off('exit', ended);
      act();
    };
    const answered = (result: Unpacked) => settle(() => resolve(result));
    const failed = (cause: unknown) =>
      settle(() => reject(new ComposeError('package-invalid', `unpacking ${job.name} failed`, { cause })));
    const ended = () => failed(new Error('the thread ended'));
    worker.on('message', answered);
    worker.on('error', failed);
    worker.on('exit', ended);
    worker.postMessage(job);
  });
}
