/** Calls the server's API and turns its refusals into sentences with an exit code. */
import { ApiError } from '@pratique/contract';
import type { z } from 'zod';
import { CliError, EXIT } from './exit.ts';
import type { Connection } from './settings.ts';

export type ApiClient = {
  url: string;
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  /** Like `get`, but null for what is not there. */
  find<T>(path: string, schema: z.ZodType<T>): Promise<T | null>;
};

export function createApiClient(connection: Connection): ApiClient {
  const { url, authorization } = connection;

  async function call(method: string, path: string, body?: unknown): Promise<{ status: number; value: unknown }> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (authorization?.kind === 'token') headers['authorization'] = `Bearer ${authorization.token}`;
    if (authorization?.kind === 'password')
      headers['authorization'] =
        `Basic ${Buffer.from(`${authorization.user}:${authorization.password}`).toString('base64')}`;
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
    const text = await response.text();
    return { status: response.status, value: text === '' ? null : parseJson(text) };
  }

  function refuse(status: number, value: unknown): never {
    const parsed = ApiError.safeParse(value);
    if (status === 401)
      throw new CliError(
        EXIT.fault,
        authorization
          ? `${url} does not accept your credentials any more; sign in again: pratique login ${url} -u USER`
          : `sign in first: pratique login ${url} -u USER`,
      );
    const message = parsed.success ? parsed.data.error.message : `${url} answered ${status}`;
    throw new CliError(status === 400 ? EXIT.usage : EXIT.fault, message);
  }

  const checked = <T>(schema: z.ZodType<T>, { status, value }: { status: number; value: unknown }): T =>
    status >= 200 && status < 300 ? schema.parse(value) : refuse(status, value);

  return {
    url,
    get: async (path, schema) => checked(schema, await call('GET', path)),
    send: async (method, path, body, schema) => checked(schema, await call(method, path, body)),
    async find(path, schema) {
      const answer = await call('GET', path);
      return answer.status === 404 ? null : checked(schema, answer);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
