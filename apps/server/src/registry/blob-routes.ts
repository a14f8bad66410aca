/** HEAD and GET of blobs, with ranges (RFC 9110, section 14). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlobSender } from '../blobs/send.ts';
import { RegistryError } from './error.ts';

export type Range = { start: number; end: number };

/** Sends a blob or a part of it. */
export function sendBlob(
  sender: BlobSender,
  request: IncomingMessage,
  response: ServerResponse,
  digest: string,
  size: number,
): Promise<void> | void {
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable')
    throw new RegistryError('RANGE_INVALID', { headers: { 'content-range': `bytes */${size}` } });
  const etag = `"${digest}"`;
  const headers = [
    'docker-distribution-api-version',
    'registry/2.0',
    'content-type',
    'application/octet-stream',
    'docker-content-digest',
    digest,
    'etag',
    etag,
    'accept-ranges',
    'bytes',
    'cache-control',
    'private, max-age=31536000, immutable',
    'x-content-type-options',
    'nosniff',
  ];
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  headers.push('content-length', String(end - start + 1));
  if (range) headers.push('content-range', `bytes ${start}-${end}/${size}`);
  const head = () => void response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD' || size === 0) {
    head();
    response.end();
    return;
  }
  return sender.send(response, { digest, size, start, end }, head);
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
