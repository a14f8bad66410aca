/** Runs the command line inside a test: no terminal, no home, no network unless the test gives one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from './run.ts';

export type Ran = { code: number; out: string; notes: string };
export type TestHome = {
  dir: string;
  run(argv: string[], more?: { input?: string; env?: Record<string, string> }): Promise<Ran>;
  remove(): Promise<void>;
};

/** A folder of its own, which is working directory, cache and configuration. */
export async function createHome(): Promise<TestHome> {
  const dir = await mkdtemp(join(tmpdir(), 'pratique-cli-'));
  return {
    dir,
    remove: () => rm(dir, { recursive: true, force: true }),
    async run(argv, { input = '', env = {} } = {}) {
      let out = '';
      let notes = '';
      const code = await runCli(argv, {
        env: {
          XDG_CONFIG_HOME: join(dir, 'config'),
          PRATIQUE_CACHE: join(dir, 'cache'),
          PRATIQUE_URL: 'http://127.0.0.1:1',
          DOCKER_CONFIG: join(dir, 'docker'),
          ...env,
        },
        cwd: dir,
        out: (text) => {
          out += text;
        },
        note: (text) => {
          notes += text;
        },
        width: null,
        progress: { update: () => undefined, end: () => undefined },
        readInput: () => Promise.resolve(input),
      });
      return { code, out, notes };
    },
  };
}
