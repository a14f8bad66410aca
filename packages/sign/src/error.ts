/** The one error class of this package. */
export type SignErrorCode =
  | 'key-invalid'
  | 'key-locked'
  | 'envelope-invalid'
  | 'statement-invalid'
  | 'bundle-invalid'
  | 'no-signature'
  | 'signature-invalid'
  | 'subject-mismatch'
  | 'key-unknown'
  | 'key-expired'
  | 'predicate-missing'
  | 'verdict-failed'
  | 'policy-invalid'
  | 'source-failed';

export class SignError extends Error {
  readonly code: SignErrorCode;
  constructor(code: SignErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SignError';
    this.code = code;
  }
}
