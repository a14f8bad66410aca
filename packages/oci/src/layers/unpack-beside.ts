/** Decompresses a large layer in a thread beside this one: two cores work, and its garbage is collected apart from ours. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { OciError, type OciErrorCode } from '../error.ts';
import type { LayerInput } from './read-layer.ts';
import type { Unpacked, Unpacking } from './unpack.ts';

/** Pieces under way at a time, and the bytes of each. */
export const SLOTS = 16;
export const SLOT_BYTES = 256 * 1024;
/** Places of `state`. */
export const WRITTEN = 0;
export const CONSUMED = 1;
export const STOPPED = 2;
/** Pieces of a source that has no file, sent and not yet taken. */
const SENT_AHEAD = 8;
/** After so many pieces other work of this thread has its turn. */
const TURN = 32;

/** What the thread is started with; all of it is shared. */
export type Ring = {
  state: Int32Array<SharedArrayBuffer>;
  lengths: Int32Array<SharedArrayBuffer>;
  /** Compressed bytes that had been read when the piece was written. */
  compressed: Float64Array<SharedArrayBuffer>;
  pieces: Uint8Array<SharedArrayBuffer>;
};
export type Order = { ring: Ring; descriptor: LayerInput['descriptor']; file: string | null };
export type FromThread =
  | { kind: 'taken' }
  | { kind: 'done'; blob: string }
  | { kind: 'failed'; code: OciErrorCode | null; message: string };

const makeRing = (): Ring => ({
  state: new Int32Array(new SharedArrayBuffer(12)),
  lengths: new Int32Array(new SharedArrayBuffer(SLOTS * 4)),
  compressed: new Float64Array(new SharedArrayBuffer(SLOTS * 8)),
  pieces: new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT_BYTES)),
});

/** @throws as `unpackHere` */
export async function unpackBeside(layer: LayerInput, { onData, signal, room }: Unpacking): Promise<Unpacked> {
  const ring = makeRing();
  // Here, since that thread is never idle: decompressing takes longest.
  const diff = createHash('sha256');
  const order: Order = { ring, descriptor: layer.descriptor, file: layer.file ?? null };
  const worker = new Worker(new URL('./unpack-thread.ts', import.meta.url), {
    workerData: order,
    // Of its own flags it needs none; ours may be about this thread alone.
    execArgv: ['--no-warnings'],
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 6 },
  });
  let sent = 0;
  let taken = 0;
  let wake = (): void => {};
  const ended = new Promise<FromThread>((resolve) => {
    worker.on('message', (told: FromThread) => {
      if (told.kind === 'taken') {
        taken += 1;
        wake();
      } else resolve(told);
    });
    worker.on('error', (error) => resolve({ kind: 'failed', code: null, message: error.message }));
    worker.on('exit', (code) => resolve({ kind: 'failed', code: null, message: `its thread ended with ${code}` }));
  });
  let over: FromThread | null = null;
  void ended.then((told) => {
    over = told;
    wake();
  });
  let source: Readable | null = null;
  const send = async (): Promise<void> => {
    source = await layer.open();
    try {
      for await (const piece of source as AsyncIterable<Buffer>) {
        signal?.throwIfAborted();
        if (over) return;
        // A copy: what is handed over is gone here, and the piece may be somebody's who needs it still.
        const bytes = new Uint8Array(piece);
        worker.postMessage(bytes, [bytes.buffer]);
        sent += 1;
        while (!over && sent - taken >= SENT_AHEAD) await new Promise<void>((resolve) => (wake = resolve));
      }
      worker.postMessage(null);
    } finally {
      source.destroy();
    }
  };
  let unsent: unknown = null;
  if (order.file === null)
    send().catch((error: unknown) => {
      unsent = error ?? new Error('the layer could not be opened');
    });
  try {
    for (let consumed = 0; ; ) {
      signal?.throwIfAborted();
      if (unsent !== null) throw unsent;
      const written = Atomics.load(ring.state, WRITTEN);
      if (written === consumed) {
        if (over) break;
        const { async, value } = Atomics.waitAsync(ring.state, WRITTEN, written, 200);
        if (async) await Promise.race([value, ended]);
        continue;
      }
      const slot = consumed % SLOTS;
      const piece = Buffer.from(ring.pieces.buffer, slot * SLOT_BYTES, ring.lengths[slot] ?? 0);
      diff.update(piece);
      onData(piece, ring.compressed[slot] ?? 0);
      consumed = (consumed + 1) | 0;
      Atomics.store(ring.state, CONSUMED, consumed);
      Atomics.notify(ring.state, CONSUMED);
      const wait = room?.();
      if (wait) await wait;
      if (consumed % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    Atomics.store(ring.state, STOPPED, 1);
    Atomics.add(ring.state, CONSUMED, SLOTS);
    Atomics.notify(ring.state, CONSUMED);
    // Not waited for: it may be stuck in what nobody wants any more.
    (source as Readable | null)?.destroy();
    await worker.terminate();
  }
  return { blob: settle(layer, await ended), diff: `sha256:${diff.digest('hex')}` };
}

function settle(layer: LayerInput, told: FromThread): string {
  if (told.kind === 'done') return told.blob;
  const message = told.kind === 'failed' ? told.message : 'its thread said nothing';
  if (told.kind === 'failed' && told.code !== null) throw new OciError(told.code, message);
  throw new Error(`layer ${layer.descriptor.digest} could not be read: ${message}`);
}
