/** Reads upper layers while a lower one is still being read, so that two cores have work. */
import type { LayerRecord } from './layer-record.ts';

/** Layers being read at a time, the caller's own included. */
const AT_A_TIME = 2;
/** Layers that were read and wait for their turn. */
const LEAD = 3;

export type Ahead = {
  /** The record of a layer that was begun ahead; undefined where none was. The caller reads it then. */
  take(index: number): Promise<LayerRecord | null> | undefined;
  /** The caller's own reading of a layer, which counts as one of those at a time. */
  own<T>(index: number, read: () => Promise<T>): Promise<T>;
  /** Resolves once nothing is read any more. The signal that `read` was given must have been aborted before. */
  end(): Promise<void>;
};

/**
 * @param count of layers; they are begun in order
 * @param read resolves to null where a layer must be read in place
 */
export function readAhead(count: number, read: (index: number) => Promise<LayerRecord | null>): Ahead {
  const begun = new Map<number, Promise<LayerRecord | null>>();
  let next = 0;
  let active = 0;
  /** Of the caller, who takes them in order. */
  let at = 0;
  const fill = (): void => {
    while (active < AT_A_TIME && next < count && next - at <= LEAD) {
      const record = counted(read(next));
      record.catch(() => {}); // told to whoever takes it
      begun.set(next, record);
      next += 1;
    }
  };
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    active += 1;
    try {
      return await work;
    } finally {
      active -= 1;
      fill();
    }
  };
  return {
    take(index) {
      at = index;
      const record = begun.get(index);
      begun.delete(index);
      if (record) fill();
      return record;
    },
    async own(index, work) {
      next = Math.max(next, index + 1);
      const done = counted(work());
      fill();
      return done;
    },
    async end() {
      next = count;
      await Promise.allSettled(begun.values());
    },
  };
}
