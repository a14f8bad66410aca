/** Exit codes, and the error that carries one. */
export const EXIT = {
  success: 0,
  /** Denied, a threshold met, a verification failed. */
  denied: 1,
  usage: 2,
  /** A fault, or a result that is only partial. */
  fault: 3,
} as const;

export class CliError extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
