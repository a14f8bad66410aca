/** The registry beside docker-registry, in one run: pulls, pushes, requests a second and processor time each. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareSeries, pushBlob, pushSmallImage, type Series } from './support/content.ts';
import { findBelow, settleTree, treeCpuSeconds } from './support/process-tree.ts';
import { type RunningRegistry, startBareNode, startDockerRegistry, startPratique } from './support/servers.ts';
import { type Streamed, streamGigabytes } from './support/stream.ts';
import { type Load, wrk } from './support/wrk.ts';

const NAME = 'vendor/bench';
const CONNECTIONS = 16;
const SECONDS = 8;
const MIB = 1024 * 1024;
/** More than a cache in memory holds; the page cache of the system holds all of them. */
const COLD_SMALL = 400;
const COLD_LARGE = 60;
const PUSHES = 32_000;
const script = (name: string) => resolve(import.meta.dirname, 'wrk', name);

/** What others need, from earlier measurements on machines of this kind; quoted, not measured in this run. */
const QUOTED: Record<string, { zot?: string; node?: string; aim: string }> = {
  'manifest GET by tag': { zot: '60', aim: '50' },
  'blob GET 1 MiB': { zot: '383', node: '427 (createReadStream 830-1,100)', aim: '480' },
  'blob GET 1 MiB, hot': { node: '214', aim: '260' },
  'blob GET 10 MiB': { zot: '3,627', node: '4,200 (createReadStream 8,300-8,900)', aim: '4,600' },
  'blob GET 10 MiB, hot': { node: '2,010', aim: '2,300' },
  'push of 1 MiB': { zot: '1,775', aim: '1,900' },
  'push of 1 MiB, sixteen repositories': { aim: '' },
};

type Measured = { registry: string; what: string; load: Load; cpuMicros: number };
type Content = { small: Series; large: Series };
type Case = {
  what: string;
  requestsEach: number;
  run(registry: RunningRegistry, content: Content, seconds: number): Promise<Load>;
};

const get = (
  what: string,
  path: (content: Content) => string,
  cold: (content: Content) => [Series, number] | null,
): Case => ({
  what,
  requestsEach: 1,
  async run(registry, content, seconds) {
    const list = cold(content);
    return wrk(`${registry.url}/v2/${NAME}/${path(content)}`, {
      ...(await options(registry, seconds)),
      threads: 2,
      ...(list ? { script: script('blobs.lua'), args: [`/v2/${NAME}`, list[0].digestsFile, String(list[1])] } : {}),
    });
  },
});

/** Each run pushes blobs that no run before it has pushed. */
let pushed = 0;
const push = (what: string, repositories: number): Case => ({
  what,
  requestsEach: 2,
  async run(registry, content, seconds) {
    const first = pushed;
    pushed += PUSHES / 8;
    return wrk(registry.url, {
      ...(await options(registry, seconds, repositories)),
      threads: CONNECTIONS,
      script: script('push.lua'),
      args: [`/v2/${NAME}`, content.small.digestsFile, content.small.fillerFile, String(first), String(repositories)],
    });
  },
});

const CASES: readonly Case[] = [
  get(
    'manifest GET by tag',
    () => 'manifests/one',
    () => null,
  ),
  get(
    'blob GET 1 MiB',
    () => '',
    ({ small }) => [small, COLD_SMALL],
  ),
  get(
    'blob GET 1 MiB, hot',
    ({ small }) => `blobs/${small.digests[0]}`,
    () => null,
  ),
  get(
    'blob GET 10 MiB',
    () => '',
    ({ large }) => [large, COLD_LARGE],
  ),
  get(
    'blob GET 10 MiB, hot',
    ({ large }) => `blobs/${large.digests[0]}`,
    () => null,
  ),
  push('push of 1 MiB', 1),
  push('push of 1 MiB, sixteen repositories', 16),
];

async function options(registry: RunningRegistry, seconds: number, repositories = 1) {
  const scopes = [NAME, ...Array.from({ length: repositories }, (_, n) => `${NAME}-${n}`)];
  const scope = scopes.map((name) => `repository:${name}:pull,push`).join(' ');
  return {
    connections: CONNECTIONS,
    seconds,
    headers: { ...(await registry.headers(scope)), accept: 'application/vnd.oci.image.manifest.v1+json' },
  };
}

/** @param only parts of the names of the cases to run; all when empty */
export async function benchRegistry(only: readonly string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  const cases = CASES.filter(({ what }) => only.length === 0 || only.some((part) => what.includes(part)));
  const registries = [await startPratique(), await startDockerRegistry()].filter((one) => one !== null);
  const measured: Measured[] = [];
  const streamed: (Streamed & { registry: string })[] = [];
  try {
    const content = {
      small: await prepareSeries(folder, 'small', MIB, PUSHES),
      large: await prepareSeries(folder, 'large', 10 * MIB, COLD_LARGE),
    };
    for (const registry of registries) await fill(registry, content);
    for (const one of cases) {
      for (const registry of registries) {
        pushed = COLD_SMALL + (cases.indexOf(one) * PUSHES) / 8;
        await one.run(registry, content, 2);
        await settleTree(registry.pid);
        measured.push(await measure(registry, one, content));
      }
      if (one.what.startsWith('push')) measured.push(await measureFloor(one, content));
      process.stderr.write(
        `${one.what}: ${measured
          .filter((m) => m.what === one.what)
          .map((m) => Math.round(m.cpuMicros))
          .join(' / ')} µs\n`,
      );
    }
    if (only.length === 0 || only.includes('stream'))
      for (const registry of registries) {
        const pid = findBelow(registry.pid, '--role api') ?? registry.pid;
        streamed.push({ registry: registry.name, ...(await streamGigabytes(registry, `${NAME}-stream`, pid, 10)) });
      }
  } finally {
    for (const registry of registries) await registry.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return `${table(measured)}\n\n${streamed.map(sayStreamed).join('\n')}`;
}

/** The same load on a server that only hashes, writes and syncs. */
async function measureFloor(one: Case, content: Content): Promise<Measured> {
  const bare = await startBareNode();
  try {
    await one.run(bare, content, 2);
    return await measure(bare, one, content);
  } finally {
    await bare.stop();
  }
}

async function fill(registry: RunningRegistry, content: Content): Promise<void> {
  await pushSmallImage(registry, NAME, 'one');
  for (let n = 0; n < COLD_SMALL; n++) await pushBlob(registry, NAME, content.small.blob(n));
  for (let n = 0; n < COLD_LARGE; n++) await pushBlob(registry, NAME, content.large.blob(n));
}

async function measure(registry: RunningRegistry, one: Case, content: Content): Promise<Measured> {
  const before = treeCpuSeconds(registry.pid);
  const load = await one.run(registry, content, SECONDS);
  const cpu = treeCpuSeconds(registry.pid) - before;
  if (load.failed > 0) throw new Error(`${registry.name} refused ${load.failed} requests of "${one.what}"`);
  const operations = load.requests / one.requestsEach;
  return {
    registry: registry.name,
    what: one.what,
    load: { ...load, perSecond: load.perSecond / one.requestsEach },
    cpuMicros: (cpu / operations) * 1e6,
  };
}

const number = (value: number) => Math.round(value).toLocaleString('en');

function table(measured: readonly Measured[]): string {
  const lines = [
    '| what | CPU µs each | aim | docker-registry µs | ratio | bare Node, this run µs | a second (docker-registry) | p50 / p99 ms | zot µs, quoted | bare Node µs, quoted |',
    '|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const what of new Set(measured.map((one) => one.what))) {
    const [ours, peer, floor] = ['Pratique', 'docker-registry', 'bare Node'].map((name) =>
      measured.find((one) => one.what === what && one.registry === name),
    );
    if (!ours) continue;
    const quoted = QUOTED[what];
    lines.push(
      `| ${[
        what,
        number(ours.cpuMicros),
        quoted?.aim ?? '',
        peer ? number(peer.cpuMicros) : '',
        peer ? `${(peer.cpuMicros / ours.cpuMicros).toFixed(1)} × less` : '',
        floor ? number(floor.cpuMicros) : '',
        `${number(ours.load.perSecond)}${peer ? ` (${number(peer.load.perSecond)})` : ''}`,
        `${ours.load.p50Ms.toFixed(1)} / ${ours.load.p99Ms.toFixed(1)}`,
        quoted?.zot ?? '',
        quoted?.node ?? '',
      ].join(' | ')} |`,
    );
  }
  return lines.join('\n');
}

const sayStreamed = (one: Streamed & { registry: string }) =>
  `${one.registry}: ${one.gigabytes.toFixed(1)} GB in and out in ${one.seconds.toFixed(0)} s, the server process at most ${number(one.mostMib)} MiB.`;
