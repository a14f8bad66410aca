/** Bytes of a file, in memory or in a part of a spool file. */
import { readSync } from 'node:fs';

export type Content = { size: number; read(): Buffer };

/** Content held in memory; a string is taken as bytes (latin1). */
export function inMemory(bytes: Buffer | string): Content {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return { size: buffer.length, read: () => buffer };
}

/** A part of an open file that nobody changes while it is open. */
export function inFile(descriptor: number, offset: number, size: number): Content {
  return { size, read: () => readPart(descriptor, offset, size) };
}

/** Exactly `size` bytes at an offset. @throws Error if the file is shorter */
export function readPart(descriptor: number, offset: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  for (let done = 0; done < size; ) {
    const count = readSync(descriptor, buffer, done, size - done, offset + done);
    if (count === 0) throw new Error('the spool file ends early');
    done += count;
  }
  return buffer;
}
