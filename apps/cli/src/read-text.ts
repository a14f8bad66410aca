/** Reads a small file that somebody named on the command line. */
import { readFile, stat } from 'node:fs/promises';
import { CliError, EXIT } from './exit.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** @throws CliError usage when it cannot be read or is larger than 16 MiB */
export async function readText(file: string): Promise<string> {
  const found = await stat(file).catch((cause: Error) => {
    throw new CliError(EXIT.usage, `${file} cannot be read: ${cause.message}`, { cause });
  });
  if (!found.isFile() || found.size > MAX_BYTES)
    throw new CliError(EXIT.usage, `${file} is no file of at most ${MAX_BYTES} bytes`);
  return readFile(file, 'utf8');
}
