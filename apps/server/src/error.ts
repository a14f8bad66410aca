/** The server's one error class: faults with a code, which one table at the edge maps to an HTTP status. */
export type ServerErrorCode =
  | 'config-invalid'
  | 'database-unavailable'
  | 'migration-failed'
  | 'data-in-use'
  | 'port-in-use'
  | 'not-found'
  | 'unauthenticated'
  | 'forbidden'
  | 'invalid'
  | 'conflict'
  | 'too-large'
  | 'rate-limited'
  | 'unavailable'
  | 'scan-failed'
  | 'signer-failed'
  | 'internal';

export class ServerError extends Error {
  readonly code: ServerErrorCode;
  /** Facts for the caller, safe to show. */
  readonly details: Record<string, unknown>;
  constructor(
    code: ServerErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ServerError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** HTTP status for each code. */
export const STATUS: Record<ServerErrorCode, number> = {
  'config-invalid': 500,
  'database-unavailable': 503,
  'migration-failed': 500,
  'data-in-use': 500,
  'port-in-use': 500,
  'not-found': 404,
  unauthenticated: 401,
  forbidden: 403,
  invalid: 400,
  conflict: 409,
  'too-large': 413,
  'rate-limited': 429,
  unavailable: 503,
  'scan-failed': 500,
  'signer-failed': 503,
  internal: 500,
};
