/** Contents of several files in one piece of memory, which is handed to another thread as a whole. */
import { ContentWindow } from '../malware/content-window.ts';

/** Many small files share this much; a larger one has a batch of its own. */
const BATCH_BYTES = 1024 * 1024;

export type BatchFile = { path: string; mode: number; size: number; offset: number; length: number; skipped: number };
export type Limits = { headBytes: number; tailBytes: number };

/** Room for one file; `data` as its pieces pass, then `end`. */
export type Slot = { data(piece: Buffer): void; end(): void };

export class Batch<T> {
  readonly bytes: number;
  readonly files: BatchFile[] = [];
  readonly notes: T[] = [];
  #memory: ArrayBuffer | null;
  #used = 0;
  #open = 0;

  /** @param first bytes of the file that it is made for */
  constructor(first: number) {
    this.bytes = Math.max(BATCH_BYTES, first);
    this.#memory = new ArrayBuffer(this.bytes);
  }

  fits(length: number): boolean {
    return this.#used + length <= this.bytes;
  }

  /** Files are being written still. */
  get busy(): boolean {
    return this.#open > 0;
  }

  /** @param note comes back with the batch, at the file's place */
  add(file: { path: string; mode: number; size: number }, limits: Limits, note: T): Slot {
    const place: BatchFile = { ...file, offset: this.#used, length: 0, skipped: 0 };
    const room = wantedBytes(file.size, limits);
    const into = Buffer.from(this.#memory ?? new ArrayBuffer(0), this.#used, room);
    this.#used += room;
    this.#open += 1;
    this.files.push(place);
    this.notes.push(note);
    const window = room < file.size ? new ContentWindow(limits) : null;
    return {
      data(piece) {
        if (window) window.data(piece);
        else place.length += piece.copy(into, place.length);
      },
      end: () => {
        this.#open -= 1;
        if (!window) return;
        const { content, skipped } = window.end();
        place.length = content.copy(into);
        place.skipped = skipped + content.length - place.length;
      },
    };
  }

  /** Gives the memory away. */
  take(): ArrayBuffer {
    const memory = this.#memory ?? new ArrayBuffer(0);
    this.#memory = null;
    return memory;
  }
}

/** Of a file: all of it, or its beginning and its end. */
export function wantedBytes(size: number, { headBytes, tailBytes }: Limits): number {
  return Math.min(size, headBytes + tailBytes);
}
