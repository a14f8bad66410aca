/** Runs one of the project's own programs under the pinned Node: `node bootstrap/run.mjs FILE ARGS`. */
import { spawn } from 'node:child_process';
import { buildEngine } from './build-engine.mjs';
import { bundleCli } from './bundle-cli.mjs';
import { installPackages } from './install-packages.mjs';
import { NODE, ROOT, toolEnvironment } from './paths.mjs';

await installPackages();
const engine = process.env.PRATIQUE_POLICY_ENGINE || (await buildEngine());
await bundleCli();
const child = spawn(NODE, process.argv.slice(2), {
  cwd: ROOT,
  env: { ...toolEnvironment(), PRATIQUE_POLICY_ENGINE: engine },
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
