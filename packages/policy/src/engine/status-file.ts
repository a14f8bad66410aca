/** Reads what each worker of an engine is at, from the file that the engine keeps mapped (apps/policy-engine/status.go). */
import { closeSync, openSync, readSync } from 'node:fs';

export type BusyWorker = {
  /** Id of the request. */
  id: number;
  /** `Kind/name` of the constraint, `compile Kind`, or `review` while the review is read. */
  doing: string;
  /** Milliseconds since the request was begun. */
  forMs: number;
};

const SLOT = 512;
const HEADER = 24;

export class StatusFile {
  private readonly descriptor: number;
  private readonly buffer = Buffer.alloc(64 * SLOT);

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
  }

  /** Workers that are evaluating now or were when the engine died. A few kilobytes from the page cache: no wait. */
  busy(): BusyWorker[] {
    const length = readSync(this.descriptor, this.buffer, 0, this.buffer.length, 0);
    const now = process.hrtime.bigint();
    const workers: BusyWorker[] = [];
    for (let at = 0; at + SLOT <= length; at += SLOT) {
      const start = this.buffer.readBigUInt64LE(at);
      if (start === 0n) continue;
      const size = Math.min(Number(this.buffer.readBigUInt64LE(at + 16)), SLOT - HEADER);
      workers.push({
        id: Number(this.buffer.readBigUInt64LE(at + 8)),
        doing: this.buffer.toString('utf8', at + HEADER, at + HEADER + size),
        forMs: Number(now - start) / 1e6,
      });
    }
    return workers;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
