/** Sends requests to a registry: credentials for it alone, redirects, challenges, and patience with passing faults. */
import { z } from 'zod';
import { OciError } from '../error.ts';
import { authenticate, type Credentials } from './authenticate.ts';

export type SendOptions = {
  /** `http://host:port` or `https://host`. */
  url: string;
  /** Repository, with its account. */
  name: string;
  /** Credentials for Basic or the token flow; absent for anonymous. */
  credentials?: Credentials;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds to wait for the head of an answer; 60 s by default. */
  timeout?: number;
  /** Times that a request is sent at most; 4 by default. */
  attempts?: number;
  /** Waits between attempts, in milliseconds; for tests. */
  sleep?: (milliseconds: number) => Promise<void>;
};

export type Init = {
  method?: string;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  /** Statuses beside 2xx that the caller understands. */
  accepted?: number[];
  /** The body can be sent only once: no second attempt. */
  once?: boolean;
};
export type Send = (url: string, init?: Init) => Promise<Response>;

const MAX_REDIRECTS = 5;
const MAX_WORDS = 64 * 1024;
const MAX_WAIT_MS = 30_000;
const FIRST_WAIT_MS = 250;
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** @returns a function that throws OciError `not-found`, `unauthorized`, `registry-error`, `registry-unreachable` */
export function createSend(options: SendOptions): Send {
  const fetch = options.fetch ?? globalThis.fetch;
  const timeout = options.timeout ?? 60_000;
  const attempts = options.attempts ?? 4;
  const sleep = options.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  const own = new URL(options.url).origin;
  let authorization: string | null = null;
  let renewal: Promise<void> | null = null;

  /** Several requests that meet the same challenge at a time fetch one token. */
  const renew = (used: string | null, header: string): Promise<void> => {
    if (authorization !== used) return Promise.resolve();
    renewal ??= authenticate(header, { ...options, fetch, timeout })
      .then((value) => {
        authorization = value;
      })
      .finally(() => {
        renewal = null;
      });
    return renewal;
  };

  const fetchHead = async (url: string, init: Init, sent: string | null): Promise<Response> => {
    const head = new AbortController();
    // Only the head is waited for: a large body may take as long as it keeps coming.
    const timer = setTimeout(() => head.abort(new Error(`no answer within ${timeout} ms`)), timeout);
    const { accepted: _, once: __, headers, body, ...rest } = init;
    try {
      return await fetch(url, {
        ...rest,
        headers: {
          'accept-encoding': 'identity', // digests are of the stored bytes
          ...headers,
          ...(sent === null ? {} : { authorization: sent }),
        },
        ...(body === undefined ? { signal: head.signal } : { body, duplex: 'half' as const }),
        redirect: 'manual',
      });
    } catch (cause) {
      const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
      throw new OciError('registry-unreachable', `${new URL(url).origin} cannot be reached: ${reason}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  };

  /** One request with its redirects, and once more with an answer to the registry's own challenge. */
  const attempt = async (first: string, init: Init): Promise<Response> => {
    let url = first;
    let challenged = false;
    for (let hops = 0; ; hops += 1) {
      // What stores blobs elsewhere gets no credentials, and its challenges get no answer.
      const isOwn = new URL(url).origin === own;
      const used = isOwn ? authorization : null;
      const response = await fetchHead(url, init, used);
      if (response.status === 401 && isOwn && !challenged && !init.once) {
        challenged = true;
        hops -= 1;
        await response.body?.cancel();
        await renew(used, response.headers.get('www-authenticate') ?? '');
        continue;
      }
      const location = response.headers.get('location');
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
      await response.body?.cancel();
      if (hops >= MAX_REDIRECTS) throw new OciError('registry-error', `${options.url} redirects without end`);
      if (init.method !== undefined && init.method !== 'GET' && init.method !== 'HEAD')
        throw new OciError('registry-error', `${options.url} redirects a ${init.method}, which is not followed`);
      url = resolveLocation(location, url);
    }
  };

  return async (url, init = {}) => {
    for (let tries = 1; ; tries += 1) {
      const last = tries >= attempts || init.once === true;
      let wait = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
      try {
        const response = await attempt(url, init);
        if (response.ok || init.accepted?.includes(response.status)) return response;
        if (last || !PASSING.has(response.status)) throw await refusal(url, init.method ?? 'GET', response);
        wait = retryAfter(response) ?? wait;
        await response.body?.cancel();
      } catch (error) {
        if (last || !(error instanceof OciError) || error.code !== 'registry-unreachable') throw error;
      }
      await sleep(Math.min(wait, MAX_WAIT_MS));
    }
  };
}

/**
 * The URL that a Location header means.
 * @throws OciError `registry-error` when it is none, or leads from TLS to plain HTTP on another host
 */
export function resolveLocation(location: string, base: string): string {
  let target: URL;
  try {
    target = new URL(location, base);
  } catch (cause) {
    throw new OciError('registry-error', `${new URL(base).origin} names a Location that is no URL`, { cause });
  }
  const from = new URL(base);
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    // A registry behind a TLS proxy often does not know that it is.
    if (target.hostname !== from.hostname)
      throw new OciError(
        'registry-error',
        `${from.origin} leads to plain HTTP, ${target.origin}, which is not followed`,
      );
    target.protocol = 'https:';
    target.port = from.port;
  }
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    throw new OciError('registry-error', `${from.origin} leads to ${target.protocol}, which is not followed`);
  target.username = target.password = '';
  return target.href;
}

/** Milliseconds, or null where the answer names none. @see RFC 9110, section 10.2.3 */
function retryAfter(response: Response): number | null {
  const text = response.headers.get('retry-after')?.trim();
  if (!text) return null;
  const milliseconds = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : null;
}

const Errors = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string().optional() })).min(1) });

async function refusal(url: string, method: string, response: Response): Promise<OciError> {
  const text = (await readBody(response, MAX_WORDS).catch(() => Buffer.alloc(0))).toString('utf8');
  let words = text.slice(0, 300);
  try {
    words = Errors.parse(JSON.parse(text))
      .errors.slice(0, 5)
      .map((error) => (error.message ? `${error.code}: ${error.message.slice(0, 300)}` : error.code))
      .join('; ');
  } catch {
    // Not every proxy in front of a registry speaks its language.
  }
  const { status } = response;
  const code = status === 404 ? 'not-found' : status === 401 || status === 403 ? 'unauthorized' : 'registry-error';
  const { host, pathname } = new URL(url);
  return new OciError(code, `${host} answered ${status} to ${method} ${pathname}${words ? `: ${words}` : ''}`);
}

/** @throws OciError `registry-error` when there are more than `limit` bytes, or they stop coming */
export async function readBody(response: Response, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit) throw new OciError('registry-error', `an answer has more than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof OciError) throw cause;
    throw new OciError('registry-error', `an answer was cut off after ${size} bytes`, { cause });
  }
  return Buffer.concat(chunks);
}
