/** The one error class of this package. */
export type OciErrorCode =
  | 'reference-invalid'
  | 'manifest-invalid'
  | 'manifest-unsupported'
  | 'manifest-too-large'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'not-found'
  | 'unauthorized'
  | 'registry-error'
  | 'registry-unreachable'
  | 'layout-invalid'
  | 'archive-invalid'
  | 'layer-invalid'
  | 'layer-limit'
  | 'copy-failed';

export class OciError extends Error {
  readonly code: OciErrorCode;
  constructor(code: OciErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OciError';
    this.code = code;
  }
}
