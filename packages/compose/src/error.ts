/** The one error class of this package. */
export type ComposeErrorCode =
  | 'request-invalid'
  | 'sources-invalid'
  | 'archive-unreachable'
  | 'archive-invalid'
  | 'release-signature'
  | 'release-expired'
  | 'release-mismatch'
  | 'hash-mismatch'
  | 'too-large'
  | 'package-unknown'
  | 'unsatisfiable'
  | 'conflict'
  | 'package-invalid'
  | 'file-conflict'
  | 'user-unknown'
  | 'add-invalid'
  | 'release-rollback'
  | 'image-unsupported'
  | 'database-invalid'
  | 'start-differs';

export class ComposeError extends Error {
  readonly code: ComposeErrorCode;
  constructor(code: ComposeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ComposeError';
    this.code = code;
  }
}
