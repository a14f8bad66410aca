/** Blobs that are asked for again and again, in memory, bounded; blobs never change, so nothing here is ever wrong. */

export type HotBlobs = {
  /**
   * Notes a read. @returns the content when it is here; a promise of it when it is worth having; null: read the disk
   * @param load reads the whole blob
   */
  read(digest: string, size: number, load: () => Promise<Buffer>): Buffer | Promise<Buffer> | null;
  /** Bytes that are kept. */
  bytes(): number;
};

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_BLOB = 16 * 1024 * 1024;
const MAX_COUNTED = 20_000;
/** A blob is worth another's place when it is asked for so many times as often: among equals nothing moves. */
const MARGIN = 2;
/** So often all counts are halved: what was hot a while ago makes room. */
const HALVE_EVERY = 50_000;
const HALVE_MS = 30_000;

/** A blob comes in at its second read, and only in place of blobs that were read far less often: one long crawl, or many equals, change nothing. */
export function createHotBlobs(maxBytes = MAX_BYTES, now: () => number = Date.now): HotBlobs {
  // In the order of their last use.
  const kept = new Map<string, Buffer>();
  const counts = new Map<string, number>();
  const loading = new Map<string, Promise<Buffer>>();
  let bytes = 0;
  let promised = 0;
  let reads = 0;
  let halvedAt = now();

  function count(digest: string): number {
    if (++reads >= HALVE_EVERY || now() - halvedAt > HALVE_MS) halve();
    const times = (counts.get(digest) ?? 0) + 1;
    if (counts.size >= MAX_COUNTED && times === 1) halve();
    counts.set(digest, times);
    return times;
  }

  function halve(): void {
    reads = 0;
    halvedAt = now();
    for (const [digest, number] of counts) {
      if (number > 1) counts.set(digest, number >> 1);
      else counts.delete(digest);
    }
    // Many that were read a few times each: then the oldest go.
    for (const digest of counts.keys()) {
      if (counts.size < MAX_COUNTED / 2) break;
      counts.delete(digest);
    }
  }

  /** The blobs that would have to go, longest unused first; null when what is worth less does not make room enough. */
  function victims(size: number, worth: number): string[] | null {
    const chosen: string[] = [];
    let over = bytes + promised + size - maxBytes;
    for (const [digest, content] of kept) {
      if (over <= 0) break;
      if ((counts.get(digest) ?? 0) * MARGIN > worth) continue;
      chosen.push(digest);
      over -= content.length;
    }
    return over <= 0 ? chosen : null;
  }

  async function take(digest: string, size: number, load: () => Promise<Buffer>): Promise<Buffer> {
    promised += size;
    try {
      const content = await load();
      kept.set(digest, content);
      bytes += content.length;
      return content;
    } finally {
      promised -= size;
      loading.delete(digest);
    }
  }

  return {
    read(digest, size, load) {
      if (size > MAX_BLOB) return null;
      const worth = count(digest);
      const hit = kept.get(digest);
      if (hit) {
        kept.delete(digest);
        kept.set(digest, hit);
        return hit;
      }
      const coming = loading.get(digest);
      if (coming) return coming;
      if (worth < 2) return null;
      const out = victims(size, worth);
      if (out === null) return null;
      for (const old of out) {
        bytes -= kept.get(old)?.length ?? 0;
        kept.delete(old);
      }
      const taken = take(digest, size, load);
      loading.set(digest, taken);
      return taken;
    },
    bytes: () => bytes,
  };
}
