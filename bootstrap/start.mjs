/** `npm start`: installs and builds what is missing, starts the server, makes the first voyage, stays in the foreground. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buildConsole } from './build-console.mjs';
import { buildEngine } from './build-engine.mjs';
import { bundleCli } from './bundle-cli.mjs';
import { installPackages } from './install-packages.mjs';
import { NODE, ROOT, toolEnvironment } from './paths.mjs';
import { readOptions } from './start-options.mjs';

const options = readOptions(process.argv.slice(2));
if (options === null) process.exit(2);

let engine;
try {
  // The two long ones side by side: one waits for the network, the other for the processor.
  const [, built] = await settleBoth(installPackages(), buildEngine());
  engine = built;
  await buildConsole();
  await bundleCli();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

const env = {
  ...toolEnvironment(),
  PRATIQUE_POLICY_ENGINE: engine,
  PRATIQUE_LOG_LEVEL: process.env.PRATIQUE_LOG_LEVEL || 'warn',
};
const server = spawn(NODE, [join(ROOT, 'apps', 'server', 'src', 'main.ts')], {
  cwd: ROOT,
  env,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
let stopping = false;
let voyage = null;
function stop() {
  stopping = true;
  voyage?.kill('SIGTERM');
  server.kill('SIGTERM');
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
// npm may be killed without telling us; nobody could stop the server then.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid !== parent) stop();
}, 500);
server.on('exit', (code) => {
  clearInterval(watch);
  voyage?.kill('SIGTERM');
  process.exitCode = code ?? 1;
});

const ready = new Promise((resolve) =>
  server.on(
    'message',
    (/** @type {{ type?: string, publicUrl?: string, password?: string }} */ message) =>
      message.type === 'ready' && resolve(message),
  ),
);
const first = await Promise.race([ready, once(server, 'exit').then(() => null)]);
if (first !== null && !stopping) {
  const url = first.publicUrl;
  if (options.voyage) {
    const args = [
      join(ROOT, 'apps', 'cli', 'bin', 'pratique.mjs'),
      'voyage',
      ...(options.image ? ['--image', options.image] : []),
    ];
    voyage = spawn(NODE, args, {
      cwd: ROOT,
      env: { ...env, PRATIQUE_URL: url, PRATIQUE_TOKEN: first.token },
      stdio: 'inherit',
    });
    const [code] = await once(voyage, 'exit');
    voyage = null;
    if (code !== 0 && !stopping)
      process.stderr.write(
        'The voyage did not reach its end; the server runs on. Try again with: npx pratique voyage\n',
      );
  }
  if (!stopping) process.stdout.write(`Pratique is ready: ${url}\n`);
}

/** @template A, B @param {Promise<A>} a @param {Promise<B>} b @returns {Promise<[A, B]>} both have ended when one fails */
async function settleBoth(a, b) {
  const [x, y] = await Promise.allSettled([a, b]);
  if (x.status === 'rejected') throw x.reason;
  if (y.status === 'rejected') throw y.reason;
  return [x.value, y.value];
}
