/** Unpacks a member of a package by the compression its name tells. */
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ComposeError } from '../error.ts';
import { openXz } from './xz.ts';

/**
 * The member's bytes in pieces, at most `limit` of them.
 *
 * @throws ComposeError `package-invalid` (broken or unknown compression), `too-large`
 */
export async function* decompress(
  member: { name: string; bytes: Buffer },
  limit: number,
  origin: string,
): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const part of open(member, origin)) {
      size += part.length;
      if (size > limit)
        throw new ComposeError('too-large', `${origin}: ${member.name} unpacks to more than ${limit} bytes`);
      yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    }
  } catch (cause) {
    if (cause instanceof ComposeError) throw cause;
    throw new ComposeError('package-invalid', `${origin}: ${member.name} cannot be unpacked`, { cause });
  }
}

function open(member: { name: string; bytes: Buffer }, origin: string): AsyncIterable<Uint8Array> {
  const extension = member.name.slice(member.name.indexOf('.tar') + 4);
  switch (extension) {
    case '':
      return Readable.from([member.bytes]);
    case '.gz':
      return Readable.from([member.bytes]).pipe(createGunzip());
    case '.zst':
      return Readable.from([member.bytes]).pipe(createZstdDecompress());
    case '.xz':
      return openXz(member.bytes);
    default:
      throw new ComposeError('package-invalid', `${origin}: ${member.name} is compressed in an unknown way`);
  }
}
