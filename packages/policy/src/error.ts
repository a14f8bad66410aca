/** The one error class of this package. */
export type PolicyErrorCode =
  | 'yaml-invalid'
  | 'template-invalid'
  | 'constraint-invalid'
  | 'bundle-invalid'
  | 'match-invalid'
  | 'review-too-large'
  | 'engine-overrun'
  | 'engine-crashed'
  | 'engine-unavailable'
  | 'engine-protocol';

export class PolicyError extends Error {
  readonly code: PolicyErrorCode;
  /** `Kind/name` of the constraint, or what else was being done, when it brought the engine down. */
  readonly culprit: string | null;
  constructor(code: PolicyErrorCode, message: string, options?: { cause?: unknown; culprit?: string | null }) {
    super(message, options);
    this.name = 'PolicyError';
    this.code = code;
    this.culprit = options?.culprit ?? null;
  }
}
