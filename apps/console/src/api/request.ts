/** One way to call the API: same origin, the session's cookie, answers checked against the contract. */
import { ApiError } from '@pratique/contract';
import { z } from 'zod';

export type FailureCode = 'unreachable' | 'unexpected-answer' | (string & {});

/** A call that failed, with the server's sentence and the id to ask about. */
export class RequestError extends Error {
  readonly code: FailureCode;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly requestId: string | null;
  readonly details: Record<string, unknown>;

  constructor(
    code: FailureCode,
    message: string,
    more: { status: number; requestId?: string | null; details?: Record<string, unknown>; cause?: unknown },
  ) {
    super(message, { cause: more.cause });
    this.name = 'RequestError';
    this.code = code;
    this.status = more.status;
    this.requestId = more.requestId ?? null;
    this.details = more.details ?? {};
  }
}

export type Call = { method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; body?: unknown; signal?: AbortSignal };

/**
 * Calls `/api/v1` + path.
 *
 * @throws RequestError with the server's code, `unreachable` without an answer, `unexpected-answer` for one outside the contract
 */
export async function request<T>(schema: z.ZodType<T>, path: string, call: Call = {}): Promise<T> {
  const method = call.method ?? 'GET';
  const response = await send(path, method, call);
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
  if (!response.ok) throw failureOf(response, body);
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RequestError('unexpected-answer', `${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, {
      status: response.status,
      cause: parsed.error,
    });
  }
  return parsed.data;
}

/** For calls that answer with nothing. */
export const Nothing = z.null();

async function send(path: string, method: string, call: Call): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(method === 'GET' ? {} : { 'x-pratique-request': '1' }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.signal ? { signal: call.signal } : {}),
    });
  } catch (cause) {
    if (call.signal?.aborted) throw cause;
    throw new RequestError('unreachable', '', { status: 0, cause });
  }
}

function failureOf(response: Response, body: unknown): RequestError {
  const parsed = ApiError.safeParse(body);
  if (!parsed.success) return new RequestError('unexpected-answer', response.statusText, { status: response.status });
  const { code, message, details, requestId } = parsed.data.error;
  return new RequestError(code, message, { status: response.status, requestId, details });
}

/** Query string of what is set. */
export function queryOf(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values))
    if (value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
