/** Structured logs; secrets are cut out by name wherever they might slip into a field. */
import { type Logger, pino } from 'pino';

const SECRET_FIELDS = ['password', 'token', 'secret', 'authorization', 'cookie', 'masterKey', 'privateKey'];

export function createLogger(role: string, level: string): Logger {
  return pino({
    level,
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  });
}
