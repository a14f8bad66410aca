/** Calls the server's API and turns its refusals into sentences with an exit code. */
import { ApiError } from '@pratique/contract';
import type { z } from 'zod';
import { CliError, EXIT } from './exit.ts';
import { readEventStream, type StreamedEvent } from './read-event-stream.ts';
import type { Connection } from './settings.ts';

const MAX_ANSWER = 256 * 1024 * 1024;

export type ApiClient = {
  url: string;
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  /** Like `get`, but null for what is not there. */
  find<T>(path: string, schema: z.ZodType<T>): Promise<T | null>;
  /** Server-sent events until the connection ends; `onId` hears the number of each before it is handed out. */
  stream(path: string, onId: (id: number) => void): AsyncGenerator<StreamedEvent>;
};

export function createApiClient(connection: Connection): ApiClient {
  const { url, authorization } = connection;

  function credentials(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (authorization?.kind === 'token') headers['authorization'] = `Bearer ${authorization.token}`;
    if (authorization?.kind === 'password')
      headers['authorization'] =
        `Basic ${Buffer.from(`${authorization.user}:${authorization.password}`).toString('base64')}`;
    return headers;
  }

  async function call(method: string, path: string, body?: unknown): Promise<{ status: number; value: unknown }> {
    const headers: Record<string, string> = { accept: 'application/json', ...credentials() };
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      });
    } catch (cause) {
      const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
      throw new CliError(
        EXIT.fault,
        `the server ${url} cannot be reached: ${reason}. Is it running (npm start)? Another one is named with PRATIQUE_URL or pratique login`,
        { cause },
      );
    }
    return { status: response.status, value: parseJson(await readBounded(response)) };
  }

  async function readBounded(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > MAX_ANSWER) throw new Error(`it has more than ${MAX_ANSWER} bytes`);
        chunks.push(chunk);
      }
    } catch (cause) {
      throw new CliError(EXIT.fault, `an answer of ${url} cannot be read: ${(cause as Error).message}`, { cause });
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async function* stream(path: string, onId: (id: number) => void): AsyncGenerator<StreamedEvent> {
    const headers = { accept: 'text/event-stream', ...credentials() };
    const response = await fetch(`${url}/api/v1${path}`, { headers }).catch(() => null);
    if (!response) return; // away for a moment; the caller comes back
    if (!response.ok) refuse(response.status, parseJson(await readBounded(response)));
    for await (const event of readEventStream((response.body ?? []) as AsyncIterable<Uint8Array>)) {
      if (event.id !== null && /^\d{1,15}$/.test(event.id)) onId(Number(event.id));
      yield event;
    }
  }

  function understood<T>(schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join('.') || 'its root';
    throw new CliError(
      EXIT.fault,
      `${url} answered with something else than expected (at ${where}); is it Pratique, and of this version?`,
      { cause: parsed.error },
    );
  }

  function refuse(status: number, value: unknown): never {
    const parsed = ApiError.safeParse(value);
    if (status === 401)
      throw new CliError(
        EXIT.fault,
        authorization
          ? `${url} does not accept your credentials any more; sign in again: pratique login ${url} -u USER --password-stdin`
          : `sign in first: pratique login ${url} -u USER --password-stdin`,
        { apiCode: 'unauthenticated' },
      );
    const message = parsed.success ? parsed.data.error.message : `${url} answered ${status}`;
    throw new CliError(status === 400 ? EXIT.usage : EXIT.fault, message, {
      apiCode: parsed.success ? parsed.data.error.code : null,
    });
  }

  const checked = <T>(schema: z.ZodType<T>, { status, value }: { status: number; value: unknown }): T =>
    status >= 200 && status < 300 ? understood(schema, value) : refuse(status, value);

  return {
    url,
    get: async (path, schema) => checked(schema, await call('GET', path)),
    send: async (method, path, body, schema) => checked(schema, await call(method, path, body)),
    async find(path, schema) {
      const answer = await call('GET', path);
      return answer.status === 404 ? null : checked(schema, answer);
    },
    stream,
  };
}

function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
