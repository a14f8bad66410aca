/** Examines batches of contents where the layers are read, in processes that may start no threads. */
import { BATCH_BYTES, type Batch, freeMemory } from './batch.ts';
import type { ContentFacts } from './content-facts.ts';
import type { Asked, Batches } from './content-pool.ts';
import { examineBatch } from './examine-batch.ts';
import type { createFileExaminer } from './examine-file.ts';

type Examine = ReturnType<typeof createFileExaminer>;

export class BatchesHere implements Batches {
  readonly #open: () => Examine;
  /** Used again and again: new memory beside the large heap of this thread makes its collector go through all of it. */
  readonly #free: ArrayBuffer[] = [];
  #examine: Examine | null = null;
  #last: Promise<void> | null = null;

  /** @param open makes the examiner, for the first content: an image of which all layers are remembered needs none */
  constructor(open: () => Examine) {
    this.#open = open;
  }

  memoryFor(bytes: number): ArrayBuffer {
    return bytes > BATCH_BYTES ? new ArrayBuffer(bytes) : (this.#free.pop() ?? new ArrayBuffer(BATCH_BYTES));
  }

  give(batch: Batch<Asked>): void {
    const before = this.#last;
    const done = (async () => {
      await before;
      await this.#look(batch);
    })();
    this.#last = done;
    void done.then(() => {
      if (this.#last === done) this.#last = null;
    });
  }

  /** No more is held than came with one piece. */
  room(): Promise<void> | null {
    return this.#last;
  }

  async close(): Promise<void> {}

  /** Throws nothing: whoever waits for the facts is told. */
  async #look({ memory, files, notes }: Batch<Asked>): Promise<void> {
    let facts: (ContentFacts | null)[];
    try {
      this.#examine ??= this.#open();
      facts = await examineBatch(this.#examine, memory, files);
    } catch (error) {
      for (const { reject } of notes) reject(error);
      return;
    }
    if (memory.byteLength === BATCH_BYTES) this.#free.push(memory);
    else freeMemory(memory);
    for (const [at, { resolve }] of notes.entries()) resolve(facts[at] ?? null);
  }
}
