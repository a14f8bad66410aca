/** SBOM of a composed image, beside Syft: wall time, processor time and memory of a fresh process each, cold page cache left as it is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compose } from '@pratique/compose';
import { copyGraph, createLayout } from '@pratique/oci';

const ROOT = resolve(import.meta.dirname, '..');
const CACHE =
  process.env['PRATIQUE_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pratique');
const SYFT = join(CACHE, 'peers', 'bin', 'syft');
const RUNS = 5;
const IMAGES = {
  small: ['openssl', 'ca-certificates'],
  larger: ['python3', 'nginx', 'nodejs', 'openssl', 'git', 'redis-server'],
};

type Run = { wallS: number; cpuS: number; memoryMib: number; packages: number };

export async function benchSbom(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  const lines = ['| image | tool | wall s | CPU s | memory MiB | packages |', '|---|---|---|---|---|---|'];
  try {
    for (const [name, include] of Object.entries(IMAGES)) {
      const layout = join(folder, name);
      await composeInto(layout, include);
      const ours = await median(() =>
        measure(
          process.execPath,
          [join(ROOT, 'apps', 'cli', 'src', 'main.ts'), 'scan', '--no-cache', `oci:${layout}:latest`, '--json'],
          (json) => (json as { packages: unknown[] }).packages.length,
        ),
      );
      const syft = existsSync(SYFT)
        ? await median(() =>
            measure(
              SYFT,
              ['scan', '-q', '-o', 'json', `oci-dir:${layout}`],
              (json) => (json as { artifacts: unknown[] }).artifacts.length,
            ),
          )
        : null;
      lines.push(row(name, 'Pratique (scan: SBOM and findings)', ours));
      if (!syft) continue;
      lines.push(row(name, 'Syft (SBOM)', syft));
      lines.push(
        `| ${name} | **ratio** peer / ours | ${(syft.wallS / ours.wallS).toFixed(1)} | ${(syft.cpuS / ours.cpuS).toFixed(1)} | ${(syft.memoryMib / ours.memoryMib).toFixed(1)} | |`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return lines.join('\n');
}

async function composeInto(layout: string, include: string[]): Promise<void> {
  const image = await compose(
    { suite: 'bookworm', security: true, include },
    { fetch: globalThis.fetch, cacheDir: join(CACHE, 'archive'), now: () => new Date() },
  );
  try {
    await copyGraph(image.source, await createLayout(layout), image.manifest.digest, {
      tag: 'latest',
      referrers: false,
    });
  } finally {
    await image.close();
  }
}

/** Runs a program and reads its counters from /proc while it lives: the last reading before its end stands. */
async function measure(command: string, args: string[], count: (json: unknown) => number): Promise<Run> {
  const started = performance.now();
  const child = spawn('/usr/bin/env', [command, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
  });
  const chunks: Buffer[] = [];
  let peak = 0;
  let cpu = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      cpu = Math.max(cpu, (Number(fields[11]) + Number(fields[12])) / 100);
    } catch {
      // it has just ended
    }
  }, 5);
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  clearInterval(watch);
  return {
    wallS: (performance.now() - started) / 1000,
    cpuS: cpu,
    memoryMib: peak,
    packages: count(JSON.parse(Buffer.concat(chunks).toString('utf8'))),
  };
}

async function median(run: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = [];
  for (let n = 0; n < RUNS; n++) runs.push(await run());
  const middle = (key: keyof Run) => runs.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
  return { wallS: middle('wallS'), cpuS: middle('cpuS'), memoryMib: middle('memoryMib'), packages: middle('packages') };
}

function row(image: string, tool: string, run: Run): string {
  return `| ${image} | ${tool} | ${run.wallS.toFixed(2)} | ${run.cpuS.toFixed(2)} | ${Math.round(run.memoryMib)} | ${run.packages} |`;
}
