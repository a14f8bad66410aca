/** The checks that need no running: types, lint with the dependency directions, format, a lock file that npm ci accepts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { completeLock } from './complete-lock.mjs';
import { installPackages } from './install-packages.mjs';
import { ROOT, toolEnvironment } from './paths.mjs';
import { show } from './progress.mjs';
import { runCommand } from './run-command.mjs';

/** @returns {Promise<{ passed: number, failed: number }>} */
export async function check() {
  await installPackages();
  const env = toolEnvironment();
  const run =
    (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
    () =>
      runCommand(command, args, { cwd: ROOT, env });
  const checks = /** @type {[string, () => Promise<unknown>][]} */ ([
    ['types', run('tsc', '-p', '.')],
    ['types of the console', run('tsc', '-p', 'apps/console')],
    ['lint', run('oxlint', '--type-aware', '--quiet')],
    ['format and imports', run('biome', 'check', '--error-on-warnings', '.')],
    ['lock file', checkLock],
  ]);
  let failed = 0;
  for (const [name, work] of checks) {
    try {
      await show(name, work);
    } catch (error) {
      failed++;
      process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    }
  }
  return { passed: checks.length - failed, failed };
}

/** npm drops other platforms' packages from a lock written where the registry lacks them; `npm ci` then fails elsewhere. */
async function checkLock() {
  const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const { added } = completeLock(JSON.parse(text));
  if (added.length > 0) throw new Error(`package-lock.json lacks ${added.join(', ')}; run npm run lock:complete`);
  const hosts = [...text.matchAll(/"resolved": "https?:\/\/([^/"]+)/g)]
    .map((match) => match[1])
    .filter((host) => host !== 'registry.npmjs.org');
  if (hosts.length > 0)
    throw new Error(`package-lock.json names other hosts than the public registry: ${[...new Set(hosts)].join(', ')}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed } = await check();
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
