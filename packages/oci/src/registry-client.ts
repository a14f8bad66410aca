/** A client for registries of the distribution specification, with the Docker token flow. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDigest } from '@pratique/contract';
import { z } from 'zod';
import type { ContentSink, ContentSource } from './content.ts';
import { OciError } from './error.ts';
import { type Descriptor, ImageIndex, MAX_MANIFEST_BYTES } from './manifest.ts';
import { MANIFEST_TYPES } from './media-types.ts';
import { verifyStream } from './verify-stream.ts';

export type RegistryOptions = {
  /** `http://host:port` or `https://host`. */
  url: string;
  /** Repository, with its account. */
  name: string;
  /** Basic credentials for the token flow; absent for anonymous. */
  credentials?: { user: string; password: string };
  fetch?: typeof globalThis.fetch;
  /** Milliseconds to wait for the head of an answer; 60 s by default. */
  timeout?: number;
};

const MAX_PAGES = 100;
const MAX_TEXT = 64 * 1024;
const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/**
 * Opens one repository of a registry for reading and writing.
 *
 * Its methods throw OciError `not-found`, `unauthorized`, `registry-error` (with the registry's own words), `registry-unreachable`.
 */
export function openRegistry(options: RegistryOptions): ContentSource & ContentSink & { tags(): Promise<string[]> } {
  const base = `${options.url.replace(/\/+$/, '')}/v2/${options.name}`;
  const send = createSender(options);

  const manifest = async (reference: string) => {
    const response = await send(`${base}/manifests/${reference}`, { headers: { accept: MANIFEST_TYPES.join(', ') } });
    const bytes = await readBody(response, MAX_MANIFEST_BYTES);
    const digest = isDigest(reference) ? reference : response.headers.get('docker-content-digest');
    const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
    const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (digest && digest !== actual)
      throw new OciError(
        'digest-mismatch',
        `${options.url} answered ${reference} with bytes whose digest is ${actual}`,
      );
    return { digest: actual, mediaType, bytes };
  };

  return {
    manifest,
    async blob(descriptor) {
      const response = await send(`${base}/blobs/${descriptor.digest}`);
      if (!response.body) throw new OciError('registry-error', `${options.url} sent no body for ${descriptor.digest}`);
      return Readable.fromWeb(response.body as import('node:stream/web').ReadableStream).compose(
        verifyStream(descriptor),
      ) as Readable;
    },
    async referrers(digest) {
      const response = await send(`${base}/referrers/${digest}`, {}, [404]);
      if (response.status === 404) return readReferrersTag(manifest, digest);
      return ImageIndex.parse(JSON.parse((await readBody(response, MAX_MANIFEST_BYTES)).toString('utf8'))).manifests;
    },
    async hasManifest(digest) {
      const response = await send(
        `${base}/manifests/${digest}`,
        { method: 'HEAD', headers: { accept: MANIFEST_TYPES.join(', ') } },
        [404],
      );
      return response.status === 200;
    },
    async hasBlob(descriptor) {
      const response = await send(`${base}/blobs/${descriptor.digest}`, { method: 'HEAD' }, [404]);
      return response.status === 200;
    },
    async putBlob(descriptor, content) {
      const started = await send(`${base}/blobs/uploads/`, { method: 'POST', headers: { 'content-length': '0' } });
      const location = started.headers.get('location');
      if (!location) throw new OciError('registry-error', `${options.url} opened an upload without a Location`);
      const target = new URL(location, `${base}/`);
      target.searchParams.set('digest', descriptor.digest);
      // Spooled to disk first: the request may have to be sent again, and its length must be known.
      const folder = await mkdtemp(join(tmpdir(), 'pratique-push-'));
      try {
        const file = join(folder, 'blob');
        await pipeline(content, verifyStream(descriptor), createWriteStream(file));
        await send(target.href, () => ({
          method: 'PUT',
          headers: { 'content-length': String(descriptor.size), 'content-type': 'application/octet-stream' },
          body: Readable.toWeb(createReadStream(file, { highWaterMark: 1 << 20 })) as unknown as NonNullable<
            RequestInit['body']
          >,
          duplex: 'half',
        }));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async putManifest(raw, tag) {
      await send(`${base}/manifests/${tag ?? raw.digest}`, {
        method: 'PUT',
        headers: { 'content-type': raw.mediaType },
        body: new Uint8Array(raw.bytes),
      });
    },
    async tags() {
      const tags: string[] = [];
      let next: string | null = `${base}/tags/list?n=1000`;
      for (let page = 0; next !== null && page < MAX_PAGES; page++) {
        const response: Response = await send(next);
        const body = z
          .object({ tags: z.array(z.string()).nullish() })
          .parse(JSON.parse((await readBody(response, 4 * 1024 * 1024)).toString('utf8')));
        tags.push(...(body.tags ?? []));
        const link = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get('link') ?? '');
        next = link?.[1] ? new URL(link[1], next).href : null;
      }
      return tags;
    },
  };
}

/** Registries without the referrers API keep an index under a tag made from the digest (distribution-spec 1.1, "Referrers Tag Schema"). */
async function readReferrersTag(manifest: ContentSource['manifest'], digest: string): Promise<Descriptor[]> {
  try {
    const raw = await manifest(digest.replace(':', '-'));
    return ImageIndex.parse(JSON.parse(raw.bytes.toString('utf8'))).manifests;
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return [];
    throw error;
  }
}

type Init = RequestInit & { duplex?: 'half' };
type Sender = (url: string, init?: Init | (() => Init), accepted?: number[]) => Promise<Response>;

/** Sends requests, answering a challenge once, and turns refusals into errors that carry the registry's words. */
function createSender(options: RegistryOptions): Sender {
  const fetch = options.fetch ?? globalThis.fetch;
  let authorization: string | null = null;

  async function attempt(url: string, init: Init): Promise<Response> {
    const headers = new Headers(init.headers);
    // Credentials go to the registry itself only, never to where a Location points elsewhere.
    if (authorization !== null && new URL(url).origin === new URL(options.url).origin)
      headers.set('authorization', authorization);
    try {
      return await fetch(url, {
        ...init,
        headers,
        signal: init.body ? null : AbortSignal.timeout(options.timeout ?? 60_000),
      });
    } catch (cause) {
      const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
      throw new OciError('registry-unreachable', `${new URL(url).origin} cannot be reached: ${reason}`, { cause });
    }
  }

  return async (url, init = {}, accepted = []) => {
    const make = typeof init === 'function' ? init : () => init;
    let response = await attempt(url, make());
    if (response.status === 401) {
      await response.body?.cancel();
      authorization = await answerChallenge(response, options, fetch);
      response = await attempt(url, make());
    }
    if (response.ok || accepted.includes(response.status)) return response;
    throw await toError(url, response);
  };
}

async function answerChallenge(
  response: Response,
  options: RegistryOptions,
  fetch: typeof globalThis.fetch,
): Promise<string> {
  const header = response.headers.get('www-authenticate') ?? '';
  const basic = options.credentials
    ? `Basic ${Buffer.from(`${options.credentials.user}:${options.credentials.password}`).toString('base64')}`
    : null;
  if (/^basic/i.test(header)) {
    if (!basic) throw new OciError('unauthorized', `${options.url} asks for a user name and password`);
    return basic;
  }
  const parameters = Object.fromEntries(
    [...header.matchAll(/([a-z_]+)="([^"]*)"/g)].map((match) => [match[1], match[2]]),
  );
  if (!/^bearer/i.test(header) || !parameters['realm'])
    throw new OciError('unauthorized', `${options.url} refuses without saying how to authenticate`);
  const realm = new URL(parameters['realm'], options.url);
  if (realm.protocol === 'http:' && new URL(options.url).protocol === 'https:')
    throw new OciError('unauthorized', `${options.url} asks to send credentials over plain HTTP to ${realm.host}`);
  if (parameters['service']) realm.searchParams.set('service', parameters['service']);
  // One token for both directions: a copy reads and writes the same repository.
  realm.searchParams.set('scope', `repository:${options.name}:${options.credentials ? 'pull,push' : 'pull'}`);
  const answer = await fetch(realm, {
    headers: basic ? { authorization: basic } : {},
    signal: AbortSignal.timeout(options.timeout ?? 60_000),
  });
  if (!answer.ok) throw new OciError('unauthorized', `${realm.origin} refused the credentials (${answer.status})`);
  const token = Token.parse(await answer.json());
  return `Bearer ${token.token ?? token.access_token ?? ''}`;
}

async function toError(url: string, response: Response): Promise<OciError> {
  const text = (await readBody(response, MAX_TEXT).catch(() => Buffer.alloc(0))).toString('utf8');
  let words = text.slice(0, 300);
  try {
    const { errors } = z
      .object({ errors: z.array(z.object({ code: z.string(), message: z.string().optional() })) })
      .parse(JSON.parse(text));
    words = errors.map((error) => `${error.code}: ${error.message ?? ''}`).join('; ');
  } catch {
    // Not every proxy in front of a registry speaks its language.
  }
  const code =
    response.status === 404
      ? 'not-found'
      : response.status === 401 || response.status === 403
        ? 'unauthorized'
        : 'registry-error';
  return new OciError(
    code,
    `${new URL(url).host} answered ${response.status}${words ? `: ${words}` : ''} (${new URL(url).pathname})`,
  );
}

async function readBody(response: Response, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body)
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit)
        throw new OciError('registry-error', `the answer of ${response.url} has more than ${limit} bytes`);
      chunks.push(chunk);
    }
  return Buffer.concat(chunks);
}
