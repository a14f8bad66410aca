/** Reads a whole request body into memory, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { ServerError } from '../error.ts';

/** @throws ServerError `too-large` beyond `limit` bytes; the rest is not read */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  const refuse = () => new ServerError('too-large', `the body has more than ${limit} bytes`);
  if (declared > limit) throw refuse();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw refuse();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
