/** `npm run peers:build`: builds the Go tools that tests and benchmarks compare with, once, into the cache outside the tree. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

type Peer = { name: string; module: string; version: string; program: string };

/** Versions are pinned: a figure beside a peer names the peer's version. */
const PEERS: readonly Peer[] = [
  { name: 'crane', module: 'github.com/google/go-containerregistry', version: 'v0.22.1', program: 'cmd/crane' },
  { name: 'oras', module: 'oras.land/oras', version: 'v1.3.2', program: 'cmd/oras' },
  { name: 'cosign', module: 'github.com/sigstore/cosign/v3', version: 'v3.1.3', program: 'cmd/cosign' },
  { name: 'syft', module: 'github.com/anchore/syft', version: 'v1.54.1', program: 'cmd/syft' },
];

const cache =
  process.env['PRATIQUE_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pratique');
const bin = join(cache, 'peers', 'bin');
await mkdir(bin, { recursive: true });
for (const peer of PEERS) {
  const target = join(bin, peer.name);
  if (existsSync(target)) {
    console.log(`${peer.name} is there`);
    continue;
  }
  console.log(`building ${peer.name} ${peer.version} …`);
  await build(peer, target);
}

/** A module of its own: some of these cannot be installed by `go install`, since the proxy has no such version of their program. */
async function build(peer: Peer, target: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-peer-'));
  try {
    await writeFile(join(folder, 'go.mod'), `module peer\n\ngo 1.26\n\nrequire ${peer.module} ${peer.version}\n`);
    const child = spawn('go', ['build', '-mod=mod', '-trimpath', '-o', target, `${peer.module}/${peer.program}`], {
      cwd: folder,
      stdio: 'inherit',
      env: { ...process.env, CGO_ENABLED: '0' },
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${peer.name} could not be built`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
