/** Finds the list of crates that cargo-auditable leaves in programs, while their bytes pass. */
import { constants, inflateSync } from 'node:zlib';
import type { Needle, Passing } from '../executables/passing.ts';
import { mayBeObject } from './deflate-start.ts';

/** Beginnings of a zlib stream with the usual window, by level of compression. @see RFC 1950, section 2.2 */
const STREAMS: readonly Buffer[] = ['7801', '785e', '789c', '78da'].map((hex) => Buffer.from(hex, 'hex'));
const SECTION = Buffer.from('.dep-v0\0', 'latin1');
/** Crates are hundreds; what is written for each is some 100 bytes. */
const MAX_PACKED = 1024 * 1024;
const MAX_LIST = 8 * 1024 * 1024;
const PREVIEW = 64;

/** Streams that may be decompressed to look at them, over all programs of a scan; a real one is nearly always the first. */
export type RustBudget = { left: number };
export const newRustBudget = (): RustBudget => ({ left: 20_000 });

/**
 * The section's name comes at the file's end, long after the section. So every zlib stream that may hold JSON is looked
 * at, and counts if the name follows.
 *
 * @see cargo-auditable, PARSING.md
 */
export class RustFinder {
  #named = false;
  #list: string | null = null;
  readonly #budget: RustBudget;

  /** @param from in ELF files, the end of what is loaded into memory: the section and all names come after it */
  constructor(passing: Passing, from: number, budget: RustBudget) {
    this.#budget = budget;
    const found = (): void => void (this.#named = true);
    passing.seek({ bytes: SECTION, before: 0, after: SECTION.length, most: 1, from, found });
    for (const bytes of STREAMS) passing.seek({ ...this.#stream(bytes), from });
  }

  /** True when the file has the section, read or not. */
  get seen(): boolean {
    return this.#named;
  }

  /** The JSON text; null where there is none. */
  result(): string | null {
    return this.#named ? this.#list : null;
  }

  #stream(bytes: Buffer): Needle {
    return {
      bytes,
      before: 0,
      after: PREVIEW,
      most: 200_000,
      promising: (start) => this.#list === null && mayBeObject(start),
      found: (packed) => {
        if (this.#list !== null || this.#budget.left <= 0) return;
        this.#budget.left -= 1;
        if (packed.length <= PREVIEW && !looksLikeList(packed)) return;
        const list = inflate(packed, MAX_LIST, false);
        if (list !== null) this.#list = list;
        else if (packed.length < MAX_PACKED) return Math.min(MAX_PACKED, packed.length * 16);
      },
    };
  }
}

function looksLikeList(packed: Buffer): boolean {
  const text = inflate(packed, 4096, true);
  return text !== null && /^\{\s*"(?:packages|format)"/.test(text);
}

/** @param cut take what there is of a stream that goes on */
function inflate(packed: Buffer, most: number, cut: boolean): string | null {
  try {
    const finishFlush = cut ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
    return inflateSync(packed, { finishFlush, maxOutputLength: most, chunkSize: cut ? 1024 : 65536 }).toString('utf8');
  } catch {
    return null;
  }
}
