/** Contents of several files in one piece of memory, which is handed to another thread as a whole. */

/** Many small files share this much; a larger one has a batch of its own. */
export const BATCH_BYTES = 1024 * 1024;

export type BatchFile = { path: string; mode: number; size: number; offset: number; length: number; skipped: number };
export type Limits = { headBytes: number; tailBytes: number };

/** Room for one file; `data` as its pieces pass, then `end`. */
export type Slot = { data(piece: Buffer): void; end(): void };

export class Batch<T> {
  readonly bytes: number;
  readonly files: BatchFile[] = [];
  readonly notes: T[] = [];
  readonly #memory: ArrayBuffer;
  #used = 0;
  #open = 0;

  /** @param memory is the batch's until it is handed on */
  constructor(memory: ArrayBuffer) {
    this.bytes = memory.byteLength;
    this.#memory = memory;
  }

  fits(length: number): boolean {
    return this.#used + length <= this.bytes;
  }

  /** Files are being written still. */
  get busy(): boolean {
    return this.#open > 0;
  }

  get memory(): ArrayBuffer {
    return this.#memory;
  }

  /** @param note comes back with the batch, at the file's place */
  add(file: { path: string; mode: number; size: number }, limits: Limits, note: T): Slot {
    const { size } = file;
    const room = wantedBytes(size, limits);
    const place: BatchFile = { ...file, offset: this.#used, length: 0, skipped: 0 };
    const into = Buffer.from(this.#memory, this.#used, room);
    this.#used += room;
    this.#open += 1;
    this.files.push(place);
    this.notes.push(note);
    // All of it, or what is before the middle and what is behind it.
    const head = room < size ? limits.headBytes : size;
    const middleEnd = size - (room - head);
    let at = 0;
    const take = (piece: Buffer, from: number, to: number): void => {
      if (to > from) place.length += piece.copy(into, place.length, from, to);
    };
    return {
      data(piece) {
        const [start, end] = [at, at + piece.length];
        at = end;
        take(piece, 0, Math.min(end, head) - start);
        take(piece, Math.max(start, head, middleEnd) - start, end - start);
      },
      end: () => {
        this.#open -= 1;
        place.skipped = Math.max(0, at - place.length);
      },
    };
  }
}

/** Of a file: all of it, or its beginning and its end. */
export function wantedBytes(size: number, { headBytes, tailBytes }: Limits): number {
  return Math.min(size, headBytes + tailBytes);
}

/** At once, not when the collector comes by: what lies in it cannot be read any more. */
export function freeMemory(memory: ArrayBuffer): void {
  memory.transfer(0);
}
