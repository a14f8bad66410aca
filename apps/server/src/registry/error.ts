/** Errors in the form of the distribution specification (1.1, "Error Codes"). */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { OciError } from '@pratique/oci';
import { isSilentDatabase } from '../db/connect.ts';
import { ServerError } from '../error.ts';

const CODES = {
  BLOB_UNKNOWN: [404, 'blob unknown to registry'],
  BLOB_UPLOAD_INVALID: [400, 'blob upload invalid'],
  BLOB_UPLOAD_UNKNOWN: [404, 'blob upload unknown to registry'],
  DIGEST_INVALID: [400, 'provided digest did not match uploaded content'],
  MANIFEST_BLOB_UNKNOWN: [400, 'manifest references a manifest or blob unknown to registry'],
  MANIFEST_INVALID: [400, 'manifest invalid'],
  MANIFEST_UNKNOWN: [404, 'manifest unknown to registry'],
  NAME_INVALID: [400, 'invalid repository name'],
  NAME_UNKNOWN: [404, 'repository name not known to registry'],
  SIZE_INVALID: [400, 'provided length did not match content length'],
  UNAUTHORIZED: [401, 'authentication required'],
  DENIED: [403, 'requested access to the resource is denied'],
  UNSUPPORTED: [405, 'the operation is unsupported'],
  TOOMANYREQUESTS: [429, 'too many requests'],
  TAG_INVALID: [400, 'manifest tag did not match the URI'],
  TAG_IMMUTABLE: [409, 'the tag is immutable and names another manifest'],
  MANIFEST_HELD: [409, 'the manifest is held and may not be deleted'],
  RANGE_INVALID: [416, 'invalid content range'],
  UNAVAILABLE: [503, 'temporarily unavailable'],
  STORAGE_FULL: [507, 'the registry has no room for this'],
  UNKNOWN: [500, 'unknown error'],
} as const satisfies Record<string, readonly [number, string]>;

export type RegistryErrorCode = keyof typeof CODES;

export class RegistryError extends Error {
  readonly code: RegistryErrorCode;
  readonly detail: unknown;
  readonly headers: OutgoingHttpHeaders;
  constructor(
    code: RegistryErrorCode,
    options: { message?: string; detail?: unknown; headers?: OutgoingHttpHeaders; cause?: unknown } = {},
  ) {
    super(options.message ?? CODES[code][1], { cause: options.cause });
    this.name = 'RegistryError';
    this.code = code;
    this.detail = options.detail ?? null;
    this.headers = options.headers ?? {};
  }
}

/** What went wrong, in the registry's own codes; an unexpected fault becomes UNKNOWN without its text. */
export function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  if (error instanceof OciError && (error.code.startsWith('manifest-') || error.code === 'reference-invalid'))
    return new RegistryError('MANIFEST_INVALID', { message: error.message });
  if (error instanceof ServerError) {
    if (error.code === 'too-large') return new RegistryError('SIZE_INVALID', { message: error.message });
    if (error.code === 'conflict') return new RegistryError('BLOB_UPLOAD_INVALID', { message: error.message });
    if (error.code === 'rate-limited') return new RegistryError('TOOMANYREQUESTS', { message: error.message });
  }
  const code = (error as { code?: string } | null)?.code;
  // 53100: the disk of the database.
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100')
    return new RegistryError('STORAGE_FULL', { message: 'the disk of the registry is full', cause: error });
  if (isSilentDatabase(error))
    return new RegistryError('UNAVAILABLE', {
      message: 'the database does not answer; try again',
      headers: { 'retry-after': '2' },
      cause: error,
    });
  return new RegistryError('UNKNOWN', { cause: error });
}

/** Writes the error, unless the answer has begun: then the connection is cut, so that nobody takes half for whole. */
export function sendError(response: ServerResponse, error: RegistryError, head: boolean): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(
    JSON.stringify({ errors: [{ code: error.code, message: error.message, detail: error.detail }] }),
  );
  response.writeHead(CODES[error.code][0], {
    'content-type': 'application/json',
    'content-length': body.length,
    ...error.headers,
  });
  response.end(head ? undefined : body);
}
