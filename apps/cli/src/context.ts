/** What every command gets: where to write, the environment, and the server when it asks for it. */
import type { ApiClient } from './api-client.ts';
import type { Progress } from './progress.ts';
import type { Connection, Environment } from './settings.ts';

export type Context = {
  env: Environment;
  cwd: string;
  /** Result of the command, for people or programs. */
  out(text: string): void;
  /** Notes and warnings, never mixed with the result. */
  note(text: string): void;
  progress: Progress;
  /** Columns of the terminal that reads the result; null where none does. */
  width: number | null;
  readInput(): Promise<string>;
  setExit(code: number): void;
};

export async function openServer(context: Context): Promise<{ api: ApiClient; connection: Connection }> {
  // Loaded here: what needs no server starts in a third of the time.
  const [{ createApiClient }, { readConnection }] = await Promise.all([
    import('./api-client.ts'),
    import('./settings.ts'),
  ]);
  const connection = await readConnection(context.env);
  return { api: createApiClient(connection), connection };
}

/** Writes a value as JSON or as the text that `format` makes of it. */
export function writeResult<T>(
  context: Context,
  json: boolean | undefined,
  value: T,
  format: (value: T) => string,
): void {
  context.out(json ? `${JSON.stringify(value, null, 2)}\n` : ensureNewline(format(value)));
}

const ensureNewline = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
