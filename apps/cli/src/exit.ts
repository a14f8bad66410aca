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
  /** The server's own code, where the server refused. */
  readonly apiCode: string | null;
  constructor(exitCode: number, message: string, options: { cause?: unknown; apiCode?: string | null } = {}) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.apiCode = options.apiCode ?? null;
  }
}

/** A whole number out of an option. @throws CliError usage */
export function readCount(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new CliError(EXIT.usage, `${option} takes a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}
