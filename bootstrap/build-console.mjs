/** Builds the console when its sources are newer than what was built. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, toolEnvironment } from './paths.mjs';
import { show } from './progress.mjs';
import { runCommand } from './run-command.mjs';

const CONSOLE = join(ROOT, 'apps', 'console');
const STAMP = join(CONSOLE, 'dist', '.sources');

/** A failed build leaves the server without a console, not the user without a server. */
export async function buildConsole() {
  const wanted = hashSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  try {
    await show('building the console', (note) =>
      runCommand('vite', ['build', '--logLevel', 'warn'], { cwd: CONSOLE, env: toolEnvironment(), note }),
    );
    writeFileSync(STAMP, wanted);
  } catch (error) {
    process.stderr.write(
      `The console could not be built; the server starts without it.\n${/** @type {Error} */ (error).message}\n`,
    );
  }
}

function hashSources() {
  const hash = createHash('sha256');
  const files = [
    join(ROOT, 'package-lock.json'),
    join(CONSOLE, 'index.html'),
    join(CONSOLE, 'vite.config.ts'),
    ...walk(join(CONSOLE, 'src')),
    ...walk(join(ROOT, 'packages', 'contract', 'src')),
  ];
  for (const file of files.filter((name) => existsSync(name)))
    hash.update(file.slice(ROOT.length)).update(readFileSync(file));
  return hash.digest('hex');
}

/** @param {string} dir @returns {string[]} */
function walk(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? walk(join(dir, entry.name)) : [join(dir, entry.name)]));
}
