/** Takes a stream to a file: hashed as it comes, gathered so that the disk is asked seldom, bounded in memory. */
import type { Hash } from 'node:crypto';
import { ServerError } from '../error.ts';
import { consume } from './consume.ts';
import { writeAllAt } from './disk.ts';
import { giveBack } from './give-back.ts';

export type Reception = {
  /** Bytes of this stream. */
  bytes: number;
  /** What was not written yet; empty where a file was asked for as soon as possible. */
  gathered: Buffer[];
  /** The file, if one was needed. */
  fd: number | null;
};

/** What all streams of this process together keep in memory before it is written, about. */
const GATHER_TOTAL = 32 * 1024 * 1024;
const GATHER_MOST = 1024 * 1024;
const GATHER_LEAST = 64 * 1024;
/** Many tiny chunks weigh more than their bytes. */
const GATHER_CHUNKS = 256;
let receiving = 0;

// Twice, since one part is written while the next is gathered.
const gatherLimit = () => Math.min(GATHER_MOST, Math.max(GATHER_LEAST, GATHER_TOTAL / (2 * receiving)));

/**
 * Reads the stream to its end. Bytes stay in memory until there are enough for one write; a body that fits is handed
 * back unwritten, and a file is opened for it only when the caller knows that it wants one.
 *
 * @param openFile called at most once, at the first write
 * @param options `start`: where in the file the stream begins; `limit`: bytes it may have; `hash` is fed every byte
 * @throws ServerError `too-large`; whatever the stream or the disk throws
 */
export async function receive(
  content: AsyncIterable<Buffer>,
  openFile: () => Promise<number>,
  options: { start: number; limit: number; hash: Hash },
  reception: Reception,
): Promise<void> {
  const { start, limit, hash } = options;
  let size = 0;
  let written = 0;
  let writing: Promise<void> = Promise.resolve();

  /** Writes what was gathered, once the part before it is written; resolves when the write has begun. */
  async function flush(): Promise<void> {
    await writing;
    reception.fd ??= await openFile();
    const part = reception.gathered;
    const at = start + written;
    written += size;
    size = 0;
    reception.gathered = [];
    writing = writeAllAt(reception.fd, part, at).then(() => giveBack(part));
    writing.catch(() => {}); // reported where it is awaited
  }

  receiving++;
  try {
    await consume(content, (chunk) => {
      if (reception.bytes + chunk.length > limit) throw new ServerError('too-large', 'a blob is not that large here');
      reception.bytes += chunk.length;
      size += chunk.length;
      hash.update(chunk);
      reception.gathered.push(chunk);
      return size > gatherLimit() || reception.gathered.length >= GATHER_CHUNKS ? flush() : null;
    });
  } finally {
    receiving--;
    await writing;
  }
}
