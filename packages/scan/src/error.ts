/** The one error class of this package. */
export type ScanErrorCode =
  | 'version-invalid'
  | 'vex-invalid'
  | 'feed-invalid'
  | 'feed-limit'
  | 'store-missing'
  | 'store-corrupt'
  | 'sbom-invalid'
  | 'directory-unreadable'
  | 'file-limit'
  | 'config-invalid'
  | 'rules-refused'
  | 'engine-missing'
  | 'engine-failed';

export class ScanError extends Error {
  readonly code: ScanErrorCode;
  constructor(code: ScanErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ScanError';
    this.code = code;
  }
}
