/** Finds the borders between zstd frames, which Node's decompressor stops at: what follows the first it would drop. */

/** Frame magic, and the range of skippable frames' magics. */
const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

type Step = 'magic' | 'descriptor' | 'header' | 'skip-length' | 'skip' | 'block' | 'content' | 'checksum';

/**
 * Cuts a stream of concatenated frames (as pzstd and zstd:chunked write them) into pieces that never cross a border,
 * without decompressing. Skippable frames are left out.
 *
 * @see RFC 8878, sections 3.1.1 and 3.1.2
 */
export class ZstdFrames {
  #step: Step = 'magic';
  #need = 4;
  #have: Buffer = Buffer.alloc(0);
  #lastBlock = false;
  #checksum = false;

  /** Frame bytes in this chunk, in order; a piece is always within one frame. @throws Error for what is no frame */
  *cut(chunk: Buffer): Generator<Buffer> {
    let at = 0;
    let from = 0; // beginning of what was not handed out yet
    while (at < chunk.length) {
      const take = Math.min(this.#need, chunk.length - at);
      if (this.#step !== 'content' && this.#step !== 'skip')
        this.#have = Buffer.concat([this.#have, chunk.subarray(at, at + take)]);
      const skipping = this.#step === 'skip' || this.#step === 'skip-length';
      at += take;
      this.#need -= take;
      if (skipping) from = at;
      if (this.#need > 0) break;
      const before = this.#step;
      const held = this.#have;
      this.#have = Buffer.alloc(0);
      this.#next(before, held);
      if (before === 'magic') {
        // A skippable frame's magic is not for the decompressor; the magic may have begun in an earlier chunk.
        if (this.#step !== 'skip-length') yield held;
        from = at;
      } else if (this.#step === 'magic' && at > from) {
        yield chunk.subarray(from, at);
        from = at;
      }
    }
    if (this.#step === 'magic' || this.#step === 'skip' || this.#step === 'skip-length') return;
    if (at > from) yield chunk.subarray(from, at);
  }

  #next(step: Step, held: Buffer): void {
    switch (step) {
      case 'magic': {
        const magic = held.readUInt32LE(0);
        if (magic === FRAME) return this.#go('descriptor', 1);
        if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) return this.#go('skip-length', 4);
        throw Object.assign(new Error('something follows that is no zstd frame'), {
          code: 'ZSTD_error_prefix_unknown',
        });
      }
      case 'descriptor': {
        const flags = held[0] ?? 0;
        const single = (flags & 0x20) !== 0;
        this.#checksum = (flags & 0x04) !== 0;
        const contentSize = [single ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
        const dictionary = [0, 1, 2, 4][flags & 0x03] ?? 0;
        return this.#go('header', contentSize + dictionary + (single ? 0 : 1));
      }
      case 'header':
        return this.#go('block', 3);
      case 'block': {
        const header = held.readUIntLE(0, 3);
        this.#lastBlock = (header & 1) === 1;
        const size = ((header >> 1) & 0x03) === 1 ? 1 : header >> 3; // a repeated byte is stored once
        return size > 0 ? this.#go('content', size) : this.#blockEnded();
      }
      case 'content':
        return this.#blockEnded();
      case 'skip-length': {
        const length = held.readUInt32LE(0);
        return length > 0 ? this.#go('skip', length) : this.#go('magic', 4);
      }
      case 'skip':
      case 'checksum':
        return this.#go('magic', 4);
    }
  }

  #blockEnded(): void {
    if (!this.#lastBlock) this.#go('block', 3);
    else if (this.#checksum) this.#go('checksum', 4);
    else this.#go('magic', 4);
  }

  #go(step: Step, need: number): void {
    this.#step = step;
    this.#need = need;
  }
}
