/** Unpacks xz, which Node cannot. */
import { createRequire } from 'node:module';
import { ComposeError } from '../error.ts';

// The library is CommonJS whose exports Node cannot list, while its types claim named ones.
const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as typeof import('xz-decompress');

/** The unpacked bytes in pieces. */
export function openXz(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new XzReadableStream(new Blob([new Uint8Array(bytes)]).stream());
}

/**
 * Unpacks a whole xz stream in memory.
 *
 * @param limit most bytes of output
 * @throws ComposeError `too-large`, `package-invalid`
 */
export async function unxz(bytes: Uint8Array, limit: number, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const reader = openXz(bytes).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > limit) {
        await reader.cancel();
        throw new ComposeError('too-large', `${name} unpacks to more than ${limit} bytes`);
      }
      parts.push(value);
    }
  } catch (cause) {
    if (cause instanceof ComposeError) throw cause;
    throw new ComposeError('package-invalid', `${name} is not a whole xz stream`, { cause });
  }
  return Buffer.concat(parts, size);
}
