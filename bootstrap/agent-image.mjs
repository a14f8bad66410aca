/** `npm run agent:image -- REFERENCE`: the image of the cluster agent, composed from the Debian archive and this checkout. */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install-packages.mjs';
import { NODE, ROOT } from './paths.mjs';
import { show } from './progress.mjs';
import { runCommand } from './run-command.mjs';

const AGENT = 'apps/agent';
/** What the agent needs at runtime but never loads in a pod: editors' types, tests, sources of what is built. */
const LEFT_OUT = /(\.(d\.[cm]?ts|map|md)$)|(\/(test|tests|docs|examples?)$)/;

/**
 * Everything that the agent loads, laid out as in the checkout: workspaces as links, since Node reads TypeScript only
 * outside of node_modules.
 * @param {string} folder
 */
export async function stageAgent(folder) {
  const copied = new Set();
  // A temporary folder is its maker's alone; in the image another user reads it.
  await chmod(folder, 0o755);
  await copyPackage(AGENT, true);
  await cp(NODE, join(folder, 'node'));

  /** @param {string} path below the root @param {boolean} isOurs */
  async function copyPackage(path, isOurs) {
    if (copied.has(path)) return;
    copied.add(path);
    const from = join(ROOT, path);
    const filter = (/** @type {string} */ source) => {
      const inside = relative(from, source);
      return isOurs ? !/\.test\.ts$/.test(inside) : !inside.startsWith('node_modules') && !LEFT_OUT.test(`/${inside}`);
    };
    await cp(from, join(folder, path), { recursive: true, filter });
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      await readFile(join(from, 'package.json'), 'utf8'),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) await copyDependency(path, name);
  }

  /** As Node looks for it: beside the package, then in each folder above. @param {string} of @param {string} name */
  async function copyDependency(of, name) {
    if (name.startsWith('@pratique/')) {
      const target = join('packages', name.slice('@pratique/'.length));
      await copyPackage(target, true);
      const link = join(folder, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      if (!existsSync(link)) await symlink(relative(dirname(link), join(folder, target)), link);
      return;
    }
    for (let place = of; ; place = dirname(place)) {
      const found = join(place === '.' ? '' : place, 'node_modules', name);
      if (existsSync(join(ROOT, found))) return copyPackage(found, false);
      if (place === '.') return; // optional, and not installed on this machine
    }
  }
}

/**
 * What to ask of `pratique` for the image.
 * @param {string} reference
 * @param {string} folder as `stageAgent` filled it
 */
export function composeArguments(reference, folder) {
  const entrypoint = JSON.stringify(['/opt/pratique/node', `/opt/pratique/${AGENT}/src/main.ts`]);
  const packages = ['--suite', 'bookworm', '--security', '--include', 'libstdc++6'];
  const added = ['--add', `${folder}:/opt/pratique`, '--user', 'nobody', '--entrypoint', entrypoint];
  return ['compose', reference, ...packages, ...added];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [reference, ...options] = process.argv.slice(2);
  if (!reference) {
    process.stderr.write('usage: npm run agent:image -- REFERENCE [options of pratique compose]\n');
    process.exit(2);
  }
  await installPackages();
  const folder = await mkdtemp(join(tmpdir(), 'pratique-agent-image-'));
  try {
    await show('gathering the agent', () => stageAgent(folder));
    const command = [join(ROOT, 'apps', 'cli', 'src', 'main.ts'), ...composeArguments(reference, folder), ...options];
    await show('composing the image', (note) => runCommand(NODE, command, { note }));
    process.stdout.write(`the agent is in ${reference}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
