/** Looks for byte strings in a content that passes in pieces, and takes bytes around them without keeping the rest. */

/** A byte string to look for, and how much of what surrounds it is wanted. */
export type Needle = {
  bytes: Buffer;
  /** Bytes before it, at most `HISTORY`. */
  before: number;
  /** Bytes from its beginning on. */
  after: number;
  /** Places of one content that are looked at; later ones are passed over. */
  most: number;
  /** Where in the file the search begins; what lies before it is not searched. */
  from?: number;
  /** Judges by the first bytes that are at hand (from the string's beginning, possibly only the string itself). */
  promising?(start: Buffer, offset: number): boolean;
  /**
   * @param around the bytes around it, fewer at either end of the file
   * @param at where the string begins in `around`
   * @param offset where it begins in the file
   * @returns the number of bytes to take after all, from the string's beginning, where the first turn out to be too few
   */
  found(around: Buffer, at: number, offset: number): number | void;
};

/** Bytes that are remembered of what has passed. */
export const HISTORY = 256;

type Capture = { needle: Needle; offset: number; at: number; pieces: Buffer[]; left: number; have: number };

/** Hand it all pieces in order, then `end`. What is taken is a copy. */
export class Passing {
  /** Bytes that have passed. */
  offset = 0;
  readonly #needles: { needle: Needle; left: number }[] = [];
  #open: Capture[] = [];
  #history: Buffer = Buffer.alloc(0);
  /** The piece that is being looked at. */
  #piece: Buffer = Buffer.alloc(0);

  /** Looks for a string from here on. */
  seek(needle: Needle): void {
    this.#needles.push({ needle, left: needle.most });
  }

  /** Takes bytes at a place in this piece or one that is still to come, as if a string began there. */
  expect(offset: number, needle: Needle): void {
    const start = this.offset - this.#piece.length;
    if (offset < start || this.#open.length > 1000) return;
    this.#take({ needle, offset, at: 0, pieces: [], left: needle.after, have: 0 }, this.#piece, start);
  }

  data(piece: Buffer): void {
    const start = this.offset;
    const pending = this.#open;
    this.#open = [];
    this.offset += piece.length;
    this.#piece = piece;
    for (const capture of pending) this.#take(capture, piece, start);
    for (const state of this.#needles)
      if (state.left > 0 && this.offset > (state.needle.from ?? 0)) this.#search(state, piece, start);
    const recent = piece.length >= HISTORY ? piece.subarray(-HISTORY) : Buffer.concat([this.#history, piece]);
    this.#history = Buffer.from(recent.subarray(-HISTORY));
    this.#piece = Buffer.alloc(0);
  }

  /** The file ends: what was to be taken beyond its end is handed out short. */
  end(): void {
    for (let capture = this.#open.pop(); capture; capture = this.#open.pop())
      if (capture.have > 0) this.#finish(capture, false);
  }

  /** Looks across the border to the piece before, then in the piece. */
  #search(state: { needle: Needle; left: number }, piece: Buffer, start: number): void {
    const { bytes } = state.needle;
    const overlap = Math.min(this.#history.length, bytes.length - 1);
    if (overlap > 0) {
      const border = Buffer.concat([this.#history.subarray(-overlap), piece.subarray(0, bytes.length - 1)]);
      for (let at = border.indexOf(bytes); at >= 0 && state.left > 0; at = border.indexOf(bytes, at + 1))
        this.#begin(state, piece, start, start - overlap + at);
    }
    const from = Math.max(0, (state.needle.from ?? 0) - start);
    for (let at = piece.indexOf(bytes, from); at >= 0 && state.left > 0; at = piece.indexOf(bytes, at + 1))
      this.#begin(state, piece, start, start + at);
  }

  #begin(state: { needle: Needle; left: number }, piece: Buffer, start: number, offset: number): void {
    const { needle } = state;
    // Where the string began in an earlier piece, its beginning is in the history.
    const inHistory = Math.max(0, start - offset);
    const earlier = this.#history.subarray(this.#history.length - inHistory);
    const inPiece = piece.subarray(Math.max(0, offset - start));
    if (needle.promising) {
      const first = inHistory > 0 ? Buffer.concat([earlier, inPiece.subarray(0, 16)]) : inPiece.subarray(0, 32);
      if (!needle.promising(first, offset)) return;
    }
    state.left -= 1;
    const before = this.#before(needle.before, piece, start, offset);
    const capture = {
      needle,
      offset,
      at: before.length,
      pieces: [before, Buffer.from(earlier)],
      left: needle.after - inHistory,
      have: inHistory,
    };
    this.#take(capture, piece, start);
  }

  #before(count: number, piece: Buffer, start: number, offset: number): Buffer {
    if (count === 0) return Buffer.alloc(0);
    const inPiece =
      offset > start ? piece.subarray(Math.max(0, offset - start - count), offset - start) : Buffer.alloc(0);
    const past = this.#history.subarray(0, this.#history.length - Math.max(0, start - offset));
    const missing = count - inPiece.length;
    return missing > 0 && past.length > 0 ? Buffer.concat([past.subarray(-missing), inPiece]) : Buffer.from(inPiece);
  }

  #take(capture: Capture, piece: Buffer, start: number): void {
    const from = capture.offset + capture.have - start;
    if (from < piece.length && capture.left > 0) {
      const bytes = Buffer.from(piece.subarray(from, from + capture.left));
      capture.pieces.push(bytes);
      capture.have += bytes.length;
      capture.left -= bytes.length;
    }
    if (capture.left > 0) this.#open.push(capture);
    else this.#finish(capture, true, piece, start);
  }

  #finish(capture: Capture, mayGrow: boolean, piece?: Buffer, start?: number): void {
    const bytes = Buffer.concat(capture.pieces);
    const more = capture.needle.found(bytes, capture.at, capture.offset);
    if (!mayGrow || typeof more !== 'number' || more <= capture.have || !piece || start === undefined) return;
    capture.pieces = [bytes];
    capture.left = more - capture.have;
    this.#take(capture, piece, start);
  }
}
