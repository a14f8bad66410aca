/** Speaks to the server over TLS that is checked against its own authority, and minds both clocks. */
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import type { z } from 'zod';
import { AgentError } from '../error.ts';

export type Credentials = { authority: string; key: string | null; certificate: string | null };

export type ServerClient = {
  /** @throws AgentError `server-unreachable`, `server-untrusted`, `refused`, `identity-refused` */
  post<T>(path: string, body: unknown, credentials: Credentials, schema: z.ZodType<T>): Promise<T>;
  /** The server's clock less ours, in milliseconds; null before its first answer. */
  clockOffset(): number | null;
};

const TIMEOUT_MS = 20_000;
const MAX_ANSWER = 256 * 1024;
/** Beyond this the clock is worth a word. */
const NOTABLE_MS = 60_000;

/** @param tell is called when the clocks differ notably, and again when that changes */
export function createServerClient(server: URL, tell: (message: string) => void): ServerClient {
  let offset: number | null = null;
  let told = 0;

  function compareClocks(date: string | undefined): void {
    const theirs = Date.parse(date ?? '');
    if (Number.isNaN(theirs)) return;
    offset = theirs - Date.now();
    if (Math.abs(offset - told) < NOTABLE_MS) return;
    told = offset;
    tell(describeOffset(offset));
  }

  async function post<T>(path: string, body: unknown, credentials: Credentials, schema: z.ZodType<T>): Promise<T> {
    let answer: Answer;
    try {
      answer = await send(new URL(path, server), body, credentials);
    } catch (cause) {
      throw await explain(cause as NodeJS.ErrnoException, server, compareClocks, () => offset);
    }
    compareClocks(answer.date);
    if (answer.status === 200) return schema.parse(answer.value);
    const message = messageOf(answer);
    throw new AgentError(answer.status === 401 || answer.status === 403 ? 'identity-refused' : 'refused', message);
  }

  return { post, clockOffset: () => offset };
}

type Answer = { status: number; date: string | undefined; value: unknown };

function send(url: URL, body: unknown, credentials: Credentials): Promise<Answer> {
  const bytes = Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      url,
      {
        method: 'POST',
        ca: credentials.authority,
        ...(credentials.key && credentials.certificate ? { key: credentials.key, cert: credentials.certificate } : {}),
        minVersion: 'TLSv1.2',
        // A connection of its own: certificates change, and one report in a while needs none kept.
        agent: false,
        timeout: TIMEOUT_MS,
        headers: { 'content-type': 'application/json', 'content-length': bytes.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER) call.destroy(new Error(`the answer has more than ${MAX_ANSWER} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            date: response.headers.date,
            value: parsed(Buffer.concat(chunks).toString('utf8')),
          }),
        );
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} seconds`)));
    call.on('error', reject);
    call.end(bytes);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function messageOf({ status, value }: Answer): string {
  const message: unknown = (value as { error?: { message?: unknown } } | null)?.error?.message;
  return typeof message === 'string' ? message.slice(0, 500) : `the server answered ${status}`;
}

/** Codes that a wrong clock causes (OpenSSL, X509_V_ERR_*). */
const TIME_CODES = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);
const TRUST_CODES = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

async function explain(
  cause: NodeJS.ErrnoException,
  server: URL,
  compareClocks: (date: string | undefined) => void,
  offset: () => number | null,
): Promise<AgentError> {
  const code = cause.code ?? '';
  if (TIME_CODES.has(code)) {
    compareClocks(await askDate(server));
    const difference = offset();
    if (difference !== null && Math.abs(difference) >= NOTABLE_MS)
      return new AgentError(
        'server-untrusted',
        `the server’s certificate cannot be checked: ${describeOffset(difference)}`,
        {
          cause,
        },
      );
  }
  if (TRUST_CODES.test(code))
    return new AgentError(
      'server-untrusted',
      `${server.host} is not the server that this cluster was enrolled with: ${cause.message}`,
      { cause },
    );
  return new AgentError('server-unreachable', `${server.host} cannot be reached: ${cause.message}`, { cause });
}

function describeOffset(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes === 0) return 'this cluster’s clock agrees with the server’s again';
  return `this cluster’s clock is ${minutes} minutes ${ms > 0 ? 'behind' : 'ahead of'} the server’s; set it (NTP)`;
}

/** The server's Date header over an unchecked connection, on which nothing of ours is said. */
function askDate(server: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(
      { host: server.hostname, port: Number(server.port || 443), rejectUnauthorized: false, timeout: 5000 },
      () => socket.write(`HEAD / HTTP/1.1\r\nHost: ${server.host}\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(0, 8192);
    });
    const done = () => {
      socket.destroy();
      resolve(/^date: (.+)\r$/im.exec(text)?.[1]);
    };
    socket.on('end', done).on('timeout', done).on('error', done);
  });
}
