/** Finds the list of crates that cargo-auditable leaves in programs, while their bytes pass. */
import { constants, inflateSync } from 'node:zlib';
import type { Needle, Passing } from '../executables/passing.ts';

/** Beginnings of a zlib stream with the usual window, by level of compression. @see RFC 1950, section 2.2 */
const STREAMS: readonly Buffer[] = ['7801', '785e', '789c', '78da'].map((hex) => Buffer.from(hex, 'hex'));
const SECTION = Buffer.from('.dep-v0\0', 'latin1');
/** Crates are hundreds; what is written for each is some 100 bytes. */
const MAX_PACKED = 1024 * 1024;
const MAX_LIST = 8 * 1024 * 1024;
const PREVIEW = 64;

/**
 * The section's name comes at the file's end, long after the section. So every zlib stream that may hold JSON is looked
 * at, and counts if the name follows.
 *
 * @see cargo-auditable, PARSING.md
 */
export class RustFinder {
  #named = false;
  #list: string | null = null;

  constructor(passing: Passing) {
    passing.seek({ bytes: SECTION, before: 0, after: SECTION.length, most: 1, found: () => void (this.#named = true) });
    for (const bytes of STREAMS) passing.seek(this.#stream(bytes));
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
      // Blocks of fixed or dynamic codes; a text of this kind is never stored as it is.
      promising: (start) => start.length < 3 || ((start[2] ?? 0) & 6) === 4 || ((start[2] ?? 0) & 6) === 2,
      found: (packed) => {
        if (this.#list !== null) return;
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
