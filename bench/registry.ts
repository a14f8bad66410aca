/** Manifest GET by tag and push of 1 MiB, beside docker-registry, in one run: requests a second and processor time each. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { treeCpuSeconds, treeMemoryMib } from './support/process-tree.ts';
import { type RunningRegistry, startDockerRegistry, startPratique } from './support/servers.ts';
import { type Load, wrk } from './support/wrk.ts';

const NAME = 'vendor/bench';
const CONNECTIONS = 16;
const SECONDS = 8;
const MIB = 1024 * 1024;
const BLOBS = 16_000;
const SCRIPT = resolve(import.meta.dirname, 'wrk', 'push.lua');

type Measured = { registry: string; what: string; load: Load; cpuMicros: number; memoryMib: number };

export async function benchRegistry(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  const registries = [await startPratique(), await startDockerRegistry()].filter((one) => one !== null);
  const measured: Measured[] = [];
  try {
    const files = await preparePushes(folder);
    for (const registry of registries) {
      await pushSmallImage(registry);
      measured.push(
        await measure(
          registry,
          'manifest GET by tag',
          1,
          async (headers) => {
            await wrk(`${registry.url}/v2/${NAME}/manifests/one`, {
              connections: CONNECTIONS,
              threads: 2,
              seconds: 2,
              headers,
            });
          },
          (headers) =>
            wrk(`${registry.url}/v2/${NAME}/manifests/one`, {
              connections: CONNECTIONS,
              threads: 2,
              seconds: SECONDS,
              headers,
            }),
        ),
      );
      measured.push(
        await measure(
          registry,
          'push of 1 MiB (POST + PUT)',
          2,
          async () => {},
          (headers) =>
            wrk(registry.url, {
              connections: CONNECTIONS,
              threads: CONNECTIONS,
              seconds: SECONDS,
              headers,
              script: SCRIPT,
              args: [`/v2/${NAME}`, files.digests, files.filler],
            }),
        ),
      );
    }
  } finally {
    for (const registry of registries) await registry.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return table(measured);
}

async function measure(
  registry: RunningRegistry,
  what: string,
  requestsEach: number,
  warm: (headers: Record<string, string>) => Promise<void>,
  run: (headers: Record<string, string>) => Promise<Load>,
): Promise<Measured> {
  const headers = {
    ...(await registry.headers(`repository:${NAME}:pull,push`)),
    accept: 'application/vnd.oci.image.manifest.v1+json',
  };
  await warm(headers);
  const before = treeCpuSeconds(registry.pid);
  const load = await run(headers);
  const cpu = treeCpuSeconds(registry.pid) - before;
  if (load.failed > 0) throw new Error(`${registry.name} refused ${load.failed} requests of "${what}"`);
  const operations = load.requests / requestsEach;
  return {
    registry: registry.name,
    what,
    load: { ...load, perSecond: load.perSecond / requestsEach },
    cpuMicros: (cpu / operations) * 1e6,
    memoryMib: treeMemoryMib(registry.pid),
  };
}

/** Distinct blobs of one MiB: a number of 16 digits and a filler, so that wrk need not hash. */
async function preparePushes(folder: string): Promise<{ digests: string; filler: string }> {
  const filler = Buffer.alloc(MIB - 16, 'x');
  const digests: string[] = [];
  for (let n = 0; n < BLOBS; n++)
    digests.push(`sha256:${createHash('sha256').update(String(n).padStart(16, '0')).update(filler).digest('hex')}`);
  const paths = { digests: join(folder, 'digests'), filler: join(folder, 'filler') };
  await writeFile(paths.digests, digests.join('\n'));
  await writeFile(paths.filler, filler);
  return paths;
}

async function pushSmallImage(registry: RunningRegistry): Promise<void> {
  const headers = await registry.headers(`repository:${NAME}:pull,push`);
  const push = async (bytes: Buffer) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const started = await fetch(`${registry.url}/v2/${NAME}/blobs/uploads/`, { method: 'POST', headers });
    const target = new URL(started.headers.get('location') ?? '', registry.url);
    target.searchParams.set('digest', digest);
    const stored = await fetch(target, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
    });
    if (stored.status !== 201) throw new Error(`${registry.name} answered a push with ${stored.status}`);
    return { digest, size: bytes.length };
  };
  const config = await push(
    Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'),
  );
  const layer = await push(Buffer.alloc(1024, 'y'));
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  };
  const stored = await fetch(`${registry.url}/v2/${NAME}/manifests/one`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': manifest.mediaType },
    body: JSON.stringify(manifest),
  });
  if (stored.status !== 201)
    throw new Error(`${registry.name} answered a manifest with ${stored.status}: ${await stored.text()}`);
}

function table(measured: Measured[]): string {
  const lines = [
    '| what | registry | a second | p50 ms | p99 ms | CPU µs each | tree MiB |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const one of measured)
    lines.push(
      `| ${one.what} | ${one.registry} | ${Math.round(one.load.perSecond)} | ${one.load.p50Ms.toFixed(1)} | ${one.load.p99Ms.toFixed(1)} | ${Math.round(one.cpuMicros)} | ${Math.round(one.memoryMib)} |`,
    );
  for (const what of new Set(measured.map((one) => one.what))) {
    const [ours, peer] = measured.filter((one) => one.what === what);
    if (ours && peer)
      lines.push(
        `| ${what} | **ratio** peer / ours | ${(ours.load.perSecond / peer.load.perSecond).toFixed(1)} × the rate | | | ${(peer.cpuMicros / ours.cpuMicros).toFixed(1)} × less CPU | |`,
      );
  }
  return lines.join('\n');
}
