/** HEAD, GET and DELETE of blobs, with ranges (RFC 9110, section 14). */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { BlobStore } from '../blobs/store.ts';
import { RegistryError } from './error.ts';

export type Range = { start: number; end: number };

/** Sends a blob or a part of it. */
export async function sendBlob(
  store: BlobStore,
  request: IncomingMessage,
  response: ServerResponse,
  digest: string,
  size: number,
): Promise<void> {
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable')
    throw new RegistryError('RANGE_INVALID', { headers: { 'content-range': `bytes */${size}` } });
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  };
  if (request.headers['if-none-match'] === `"${digest}"`) {
    response.writeHead(304, headers).end();
    return;
  }
  const part = range ?? { start: 0, end: size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-length': part.end - part.start + 1,
    ...(range ? { 'content-range': `bytes ${part.start}-${part.end}/${size}` } : {}),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const content = store.read(digest, part);
  // Opened before the first byte is promised to be right: a blob lost from the disk must not look like an empty one.
  await once(content, 'open');
  await pipeline(content, response);
}

/** One range, as registry clients send it; several ranges are answered with the whole. */
export function parseRange(header: string | undefined, size: number): Range | null | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start >= size || end < start ? 'unsatisfiable' : { start, end };
}
