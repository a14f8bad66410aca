/** Buffers for blobs on their way out: reused, and bounded however many slow readers there are. */

export type BufferPool = {
  /** @returns a buffer to be given back, smaller when many are out; null when there are none */
  take(): Buffer | null;
  give(buffer: Buffer): void;
};

/** One reading and one writing for most layers' parts; with quarters of it a MiB costs a fifth more. */
const PIECE = 1024 * 1024;
const PIECES = 32;
/** What readers beyond that get: slower, and 5,000 who do not read at all hold 80 MiB. */
const SMALL = 16 * 1024;
const SMALLS = 5000;

export function createBufferPool(): BufferPool {
  const free: Buffer[] = [];
  let made = 0;
  let smallMade = 0;
  return {
    take() {
      const idle = free.pop();
      if (idle) return idle;
      if (made < PIECES) {
        made++;
        return Buffer.allocUnsafeSlow(PIECE);
      }
      if (smallMade >= SMALLS) return null;
      smallMade++;
      return Buffer.allocUnsafeSlow(SMALL);
    },
    give(buffer) {
      if (buffer.length === PIECE) free.push(buffer);
      else {
        // These are for a siege; afterwards their memory goes back.
        smallMade--;
      }
    },
  };
}
