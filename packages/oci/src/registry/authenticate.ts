/** Answers a registry's challenge: Basic, or the Docker token flow. */
import { z } from 'zod';
import { OciError } from '../error.ts';

export type Credentials = { user: string; password: string };

export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string | null };

const Token = z.object({
  token: z
    .string()
    .max(64 * 1024)
    .optional(),
  access_token: z
    .string()
    .max(64 * 1024)
    .optional(),
});
const MAX_ANSWER = 256 * 1024;

/**
 * Reads `WWW-Authenticate`; Bearer wins where both are offered.
 * @returns null where neither is
 * @see RFC 9110, section 11.6.1; distribution's token authentication specification
 */
export function parseChallenge(header: string): Challenge | null {
  const bounded = header.slice(0, 8192);
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/i.exec(bounded)?.[1];
  if (bearer !== undefined) {
    const parameters = new Map<string, string>();
    for (const match of bearer.matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)) {
      const key = (match[1] ?? '').toLowerCase();
      if (!parameters.has(key)) parameters.set(key, (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1'));
    }
    const realm = parameters.get('realm');
    if (realm) return { scheme: 'bearer', realm, service: parameters.get('service') ?? null };
  }
  return /(?:^|,)\s*basic\b/i.test(bounded) ? { scheme: 'basic' } : null;
}

export type AuthenticateOptions = {
  /** The registry's own URL. */
  url: string;
  /** Repository that the token is for. */
  name: string;
  credentials?: Credentials;
  fetch: typeof globalThis.fetch;
  /** Milliseconds for the whole answer of the token service. */
  timeout: number;
};

/**
 * Makes the `Authorization` header that a challenge asks for.
 * @throws OciError `unauthorized`, `registry-unreachable` (the token service)
 */
export async function authenticate(header: string, options: AuthenticateOptions): Promise<string> {
  const { url, credentials } = options;
  const basic = credentials
    ? `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
    : null;
  const challenge = parseChallenge(header);
  if (!challenge) throw new OciError('unauthorized', `${url} refuses without saying how to authenticate`);
  if (challenge.scheme === 'bearer') return fetchToken(challenge, basic, options);
  if (!basic) throw new OciError('unauthorized', `${url} asks for a user name and password`);
  return basic;
}

async function fetchToken(
  challenge: { realm: string; service: string | null },
  basic: string | null,
  { url, name, fetch, timeout }: AuthenticateOptions,
): Promise<string> {
  const realm = readRealm(challenge.realm, url);
  if (challenge.service !== null) realm.searchParams.set('service', challenge.service);
  // One token for both directions: a copy reads and writes the same repository.
  realm.searchParams.set('scope', `repository:${name}:${basic ? 'pull,push' : 'pull'}`);
  let answer: Response;
  try {
    answer = await fetch(realm, {
      headers: { accept: 'application/json', ...(basic ? { authorization: basic } : {}) },
      redirect: 'error', // credentials go to the realm that was named, nowhere else
      signal: AbortSignal.timeout(timeout),
    });
  } catch (cause) {
    throw new OciError('registry-unreachable', `${realm.origin}, which issues tokens for ${url}, cannot be reached`, {
      cause,
    });
  }
  const text = await readText(answer);
  if (!answer.ok)
    throw new OciError(
      answer.status >= 500 || answer.status === 429 ? 'registry-error' : 'unauthorized',
      basic
        ? `${realm.origin} refused the user name or password (${answer.status})`
        : `${realm.origin} gives nobody a token for ${name} without signing in (${answer.status})`,
    );
  const token = readToken(text);
  if (!token) throw new OciError('unauthorized', `${realm.origin} answered without a token`);
  return `Bearer ${token}`;
}

function readRealm(text: string, url: string): URL {
  let realm: URL;
  try {
    realm = new URL(text, url);
  } catch (cause) {
    throw new OciError('unauthorized', `${url} names a token service that is no URL: ${text.slice(0, 200)}`, { cause });
  }
  if (realm.protocol !== 'https:' && (realm.protocol !== 'http:' || new URL(url).protocol === 'https:'))
    throw new OciError('unauthorized', `${url} asks to send credentials in the clear, to ${realm.origin}`);
  return realm;
}

function readToken(text: string): string | null {
  try {
    const token = Token.parse(JSON.parse(text));
    const value = token.token || token.access_token || '';
    return /^[\x21-\x7e]+$/.test(value) ? value : null;
  } catch {
    return null;
  }
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new OciError('registry-error', `the token service at ${answer.url} sends too much`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
