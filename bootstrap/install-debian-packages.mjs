/** Installs Debian packages where this is Debian and we are root; else names the command and goes on without. */
import { existsSync } from 'node:fs';
import { show } from './progress.mjs';
import { runCommand } from './run-command.mjs';

/** @param {Record<string, string>} tools program -> package that brings it */
export async function installDebianPackages(tools) {
  const missing = Object.entries(tools).filter(([program]) => !onPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    process.stdout.write(
      `  – not on this machine: ${packages.join(', ')}; what needs them is left out. To have it: ${command}\n`,
    );
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await show(`installing Debian packages: ${packages.join(', ')}`, async (note) => {
      await runCommand('apt-get', ['update', '-q'], { env, note });
      await runCommand('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env, note });
    });
  } catch (error) {
    process.stdout.write(
      `  – ${packages.join(', ')} could not be installed; what needs them is left out. To try: ${command}\n${error instanceof Error ? error.message.split('\n').slice(-3).join('\n') : ''}\n`,
    );
  }
}

/** @param {string} program */
function onPath(program) {
  return `${process.env.PATH}:/usr/sbin:/sbin`.split(':').some((dir) => dir !== '' && existsSync(`${dir}/${program}`));
}
