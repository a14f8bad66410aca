/** The thread beside: reads and decompresses one layer, and hands its pieces over in shared memory. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { OciError } from '../error.ts';
import { decompress } from './decompress.ts';
import { meter, toLayerError } from './unpack.ts';
import { CONSUMED, type FromThread, type Order, SLOT_BYTES, SLOTS, STOPPED, WRITTEN } from './unpack-beside.ts';

const { ring, descriptor, file } = workerData as Order;
/** What comes out of it is about one piece of the decompressor's. */
const READ_BYTES = 32 * 1024;

class Stopped extends Error {}

const tell = (told: FromThread): void => parentPort?.postMessage(told);

/** Without asynchronous calls: nothing else is waited for in this thread. */
async function* readFile(path: string): AsyncGenerator<Buffer> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new OciError('not-found', `layer ${descriptor.digest} is not there: ${(cause as Error).message}`, { cause });
  }
  try {
    const piece = Buffer.allocUnsafe(READ_BYTES);
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) yield piece.subarray(0, count);
  } finally {
    closeSync(file);
  }
}

async function* receive(): AsyncGenerator<Buffer> {
  const waiting: (Uint8Array | null)[] = [];
  let wake = (): void => {};
  parentPort?.on('message', (piece: Uint8Array | null) => {
    waiting.push(piece);
    wake();
  });
  for (;;) {
    while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const piece = waiting.shift();
    if (!piece) return;
    yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    tell({ kind: 'taken' });
  }
}

/** Copies a piece into the ring, waiting where it is full. @throws Stopped when nobody reads any more */
function hand(piece: Buffer, compressed: number): void {
  for (let from = 0; from < piece.length; from += SLOT_BYTES) {
    const part = piece.subarray(from, from + SLOT_BYTES);
    const written = Atomics.load(ring.state, WRITTEN);
    for (;;) {
      if (Atomics.load(ring.state, STOPPED) === 1) throw new Stopped();
      const consumed = Atomics.load(ring.state, CONSUMED);
      if (written - consumed < SLOTS) break;
      Atomics.wait(ring.state, CONSUMED, consumed, 1000);
    }
    const slot = written % SLOTS;
    ring.pieces.set(part, slot * SLOT_BYTES);
    ring.lengths[slot] = part.length;
    ring.compressed[slot] = compressed;
    Atomics.store(ring.state, WRITTEN, (written + 1) | 0);
    Atomics.notify(ring.state, WRITTEN);
  }
}

try {
  const blob = createHash('sha256');
  let compressed = 0;
  const source = meter(file === null ? receive() : readFile(file), { descriptor }, (piece) => {
    compressed += piece.length;
    blob.update(piece);
  });
  await decompress(source, (piece) => hand(piece, compressed));
  tell({ kind: 'done', blob: `sha256:${blob.digest('hex')}` });
} catch (cause) {
  const error = toLayerError(descriptor.digest, cause);
  if (!(error instanceof Stopped))
    tell({
      kind: 'failed',
      code: error instanceof OciError ? error.code : null,
      message: error instanceof Error ? error.message : String(error),
    });
}
