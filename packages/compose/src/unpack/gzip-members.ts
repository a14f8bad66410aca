/** Takes gzip files apart into the members they are made of: apk's packages are several, one after another. */
import { inflateRaw } from 'node:zlib';
import { ComposeError } from '../error.ts';

export type GzipMember = {
  /** The member as stored, header and trailer included. */
  raw: Buffer;
  data: Buffer;
  /** What follows it. */
  rest: Buffer;
};

const TRAILER = 8;

/**
 * Unpacks the first member of a gzip file.
 *
 * @param limit most bytes of output
 * @throws ComposeError `package-invalid`, `too-large`
 * @see RFC 1952
 */
export async function firstMember(bytes: Buffer, limit: number, origin: string): Promise<GzipMember> {
  const start = endOfHeader(bytes, origin);
  const { data, consumed } = await inflate(bytes.subarray(start), limit, origin);
  const end = start + consumed + TRAILER;
  if (end > bytes.length) throw invalid(origin, 'it is cut short');
  if (bytes.readUInt32LE(end - 4) !== data.length % 2 ** 32) throw invalid(origin, 'its length is not what it says');
  return { raw: bytes.subarray(0, end), data, rest: bytes.subarray(end) };
}

/** All members, unpacked and joined. @throws ComposeError `package-invalid`, `too-large` */
export async function allMembers(bytes: Buffer, limit: number, origin: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for (let rest = bytes; rest.length > 0; ) {
    const member = await firstMember(rest, limit - size, origin);
    size += member.data.length;
    parts.push(member.data);
    rest = member.rest;
  }
  return Buffer.concat(parts, size);
}

function endOfHeader(bytes: Buffer, origin: string): number {
  if (bytes.length < 10 + TRAILER || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8)
    throw invalid(origin, 'it is not compressed with gzip');
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + bytes.readUInt16LE(at);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) throw invalid(origin, 'its header is cut short');
    at = end + 1;
  }
  if (flags & 2) at += 2;
  if (at > bytes.length) throw invalid(origin, 'its header is cut short');
  return at;
}

/** How many bytes were read is known to the engine only, which the types do not tell of. */
type Informed = { buffer: Buffer; engine: { bytesWritten: number } };

function inflate(bytes: Buffer, limit: number, origin: string): Promise<{ data: Buffer; consumed: number }> {
  return new Promise((resolve, reject) => {
    inflateRaw(bytes, { info: true, maxOutputLength: Math.max(1, limit) }, (error, result) => {
      if (!error) {
        const { buffer, engine } = result as unknown as Informed;
        resolve({ data: buffer, consumed: engine.bytesWritten });
      } else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        reject(new ComposeError('too-large', `${origin} unpacks to more than ${limit} bytes`));
      else reject(invalid(origin, 'it cannot be unpacked', error));
    });
  });
}

function invalid(origin: string, why: string, cause?: unknown): ComposeError {
  return new ComposeError('package-invalid', `${origin}: ${why}`, { cause });
}
