/** The unmodified clients that tests run, where the machine has them. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import { cacheFolder } from './server.ts';

const run = promisify(execFile);
const PEERS = join(cacheFolder(), 'peers', 'bin');

/** Path of a program: among the peers that `npm run peers:build` builds, then on PATH and in the system's own folders. */
export async function findTool(name: string): Promise<string | null> {
  for (const folder of [PEERS, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}

/** The program's path, or the test is skipped with the reason. */
export async function needTool(context: TestContext, name: string): Promise<string> {
  const path = await findTool(name);
  if (path === null) return context.skip(`${name} is not installed (apt, or npm run peers:build)`);
  return path;
}

export type Outcome = { code: number; stdout: string; stderr: string };

/** Runs a program to its end; a failure is an outcome. */
export async function runTool(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; seconds?: number; input?: string } = {},
): Promise<Outcome> {
  try {
    const running = run(program, [...args], {
      env: { ...process.env, ...options.env },
      ...(options.cwd ? { cwd: options.cwd } : {}),
      maxBuffer: 64 * 1024 * 1024,
      timeout: (options.seconds ?? 120) * 1000,
    });
    // A program that ends without reading all of it says why by its code.
    running.child.stdin?.on('error', () => {}).end(options.input ?? '');
    const { stdout, stderr } = await running;
    return { code: 0, stdout, stderr };
  } catch (error) {
    const failed = error as { code?: number | string; stdout?: string; stderr?: string };
    return {
      code: typeof failed.code === 'number' ? failed.code : -1,
      stdout: failed.stdout ?? '',
      stderr: failed.stderr ?? String(error),
    };
  }
}

/** Runs a program that must succeed. @returns what it printed */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; seconds?: number } = {},
): Promise<string> {
  const { code, stdout, stderr } = await runTool(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.slice(-3000)}\n${stdout.slice(-500)}`);
  return stdout;
}
