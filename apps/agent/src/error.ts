/** The agent's one error class. */
export type AgentErrorCode =
  | 'usage'
  | 'kubernetes'
  | 'watch-expired'
  | 'server-unreachable'
  | 'server-untrusted'
  | 'refused'
  | 'identity-refused';

export class AgentError extends Error {
  readonly code: AgentErrorCode;
  constructor(code: AgentErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AgentError';
    this.code = code;
  }
}
