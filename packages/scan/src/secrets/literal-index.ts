/** Finds any of several hundred words in bytes, in one pass. */
import { createGramScanner, type GramScanner, gramOf, PIECE_BYTES } from './gram-scanner.ts';

/** A word and what it stands for. `exact`: upper and lower case as written. */
export type Literal<T> = { text: string; exact: boolean; value: T };

type Entry<T> = {
  text: string;
  bytes: Buffer;
  exact: boolean;
  value: T;
  /** Where in the word the four bytes are that are looked for. */
  offset: number;
};

/** How common a letter is in programs and texts, the most common first. */
const COMMON = 'etaoinsrhldcumfpgwybv';

/**
 * Looks for four bytes of each word, folded to lower case: the rarest in it. Nearly all of the content costs one look into
 * a table; only where that answers are words compared. Nothing waits for the look before it, unlike in an automaton.
 */
export class LiteralIndex<T> {
  readonly #scanner: GramScanner = createGramScanner();
  readonly #groups = new Map<number, Entry<T>[]>();

  /** @throws Error when a word has fewer than four bytes */
  constructor(literals: readonly Literal<T>[]) {
    for (const { text, exact, value } of literals) {
      const bytes = Buffer.from(exact ? text : text.toLowerCase(), 'latin1');
      if (bytes.length < 4) throw new Error(`"${text}" is too short to be looked for`);
      const offset = rarest(bytes);
      const gram = gramOf(bytes, offset);
      this.#scanner.add(gram);
      const group = this.#groups.get(gram) ?? [];
      group.push({ text, bytes, exact, value, offset });
      this.#groups.set(gram, group);
    }
  }

  /** Calls `visit` for each word at each place, in the order of their rare groups; until it returns false. */
  scan(content: Buffer, visit: (value: T, at: number, word: string) => boolean): void {
    for (let from = 0; from + 4 <= content.length; from += PIECE_BYTES - 3) {
      const piece = content.subarray(from, from + PIECE_BYTES);
      const places = this.#scanner.places(piece);
      for (let each = 0; each < places.length; each++) {
        const at = places[each] as number;
        // The last three places of a piece are the first ones of the next.
        if (at + 4 > piece.length) break;
        const group = this.#groups.get(gramOf(piece, at));
        if (group === undefined) continue;
        for (const entry of group) {
          const start = from + at - entry.offset;
          if (start >= 0 && isAt(content, start, entry) && !visit(entry.value, start, entry.text)) return;
        }
      }
    }
  }
}

function isAt(content: Buffer, start: number, { bytes, exact }: Entry<unknown>): boolean {
  if (start + bytes.length > content.length) return false;
  for (let at = 0; at < bytes.length; at++) {
    let byte = content[start + at] as number;
    if (!exact && byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== bytes[at]) return false;
  }
  return true;
}

/** The first offset whose four bytes are least likely elsewhere. */
function rarest(bytes: Buffer): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let offset = 0; offset + 4 <= bytes.length; offset++) {
    const four = [...bytes.subarray(offset, offset + 4)];
    const common = four.reduce((sum, byte) => sum + commonness(byte), 0) + (4 - new Set(four).size) * 15;
    if (common < least) [best, least] = [offset, common];
  }
  return best;
}

function commonness(byte: number): number {
  const letter = COMMON.indexOf(String.fromCharCode(byte | 0x20));
  if (letter >= 0) return 22 - letter;
  // Lines of dashes, indentation and padding are everywhere.
  return /[\s\-=./]/.test(String.fromCharCode(byte)) ? 18 : 3;
}
