/** `fetch` over addresses that were checked beforehand: the name is not resolved a second time. */
import type { LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';

export type PinnedFetchLimits = {
  /** Ends every request and every body that is still coming. */
  signal?: AbortSignal;
  /** Bytes of all bodies together. */
  maxBytes?: number;
  /** Milliseconds without a byte after which a connection is given up; 30 s by default. */
  idleMs?: number;
};

type Check = (url: string | URL) => Promise<{ url: URL; addresses: LookupAddress[] }>;
const NULL_BODY = new Set([101, 204, 205, 304]);
const MAX_HEADER_BYTES = 64 * 1024;

/** @throws what `check` throws; TypeError like fetch's own where the connection fails */
export function pinnedFetch(check: Check, limits: PinnedFetchLimits): typeof globalThis.fetch {
  let left = limits.maxBytes ?? Number.POSITIVE_INFINITY;
  return async (input, init = {}) => {
    const { url, addresses } = await check(input instanceof Request ? input.url : input);
    const signals = [limits.signal, init.signal].filter((signal) => signal !== undefined && signal !== null);
    const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
    signal?.throwIfAborted();
    const answer = await send(url, addresses, init, signal, limits.idleMs ?? 30_000);
    const status = answer.statusCode ?? 0;
    if (init.redirect === 'error' && status >= 300 && status < 400) {
      answer.destroy();
      throw new TypeError(`${url.host} redirects, which is not followed`);
    }
    if (status < 200 || status > 599) {
      answer.destroy();
      throw new TypeError(`${url.host} answered with the status ${status}`);
    }
    const counted = answer.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) answer.destroy(new Error(`more than ${limits.maxBytes} bytes were sent`));
    });
    answer.pause(); // the listener above must not begin the flow
    const hasBody = !NULL_BODY.has(status) && init.method !== 'HEAD';
    if (!hasBody) answer.resume();
    return new Response(hasBody ? (Readable.toWeb(counted) as WebStream as ReadableStream) : null, {
      status,
      statusText: answer.statusMessage ?? '',
      headers: headersOf(answer),
    });
  };
}

function send(
  url: URL,
  addresses: LookupAddress[],
  init: RequestInit,
  signal: AbortSignal | undefined,
  idleMs: number,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // As fetch does: who ended it is told by the reason that was given.
    const fail = (error: Error) =>
      reject(signal?.aborted ? (signal.reason as Error) : new TypeError('fetch failed', { cause: error }));
    const options: RequestOptions = {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      lookup: (_host, wanted, done) =>
        wanted.all ? done(null, addresses) : done(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4),
      agent: false, // a connection kept for another name would not have been checked for this one
      maxHeaderSize: MAX_HEADER_BYTES,
      timeout: idleMs,
      ...(signal ? { signal } : {}),
    };
    const call = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
    call.on('response', resolve);
    call.on('timeout', () => call.destroy(new Error(`${url.host} sent nothing for ${idleMs} ms`)));
    call.on('error', fail);
    writeBody(call, init.body).catch((error: Error) => call.destroy(error));
  });
}

async function writeBody(call: ReturnType<typeof httpRequest>, body: RequestInit['body']): Promise<void> {
  if (body === undefined || body === null) call.end();
  else if (typeof body === 'string' || body instanceof Uint8Array) call.end(body);
  else if (body instanceof ReadableStream) Readable.fromWeb(body as unknown as WebStream).pipe(call);
  else throw new TypeError('only text, bytes and streams are sent');
}

function headersOf(answer: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2)
    headers.append(answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '');
  return headers;
}
