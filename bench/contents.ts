/** Secrets, malware and baseline of images, beside the bill of materials alone and Trivy's scan for vulnerabilities and secrets: a fresh process each, nothing remembered. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeJavaDatabase } from './recall/java-database.ts';
import { CACHE, CoverageError, PEERS } from './recall/run-program.ts';
import { bigImage } from './support/big-image.ts';
import { measureProgram, type ProgramRun } from './support/measure-program.ts';

const PRATIQUE = join(resolve(import.meta.dirname, '..'), 'apps', 'cli', 'bin', 'pratique.mjs');
/** Made by `npm run bench -- coverage` of the same advisories as ours. */
const TRIVY_DATABASE = join(CACHE, 'coverage', 'trivy', 'db');
const RUNS = 3;

type Case = { name: string; run: (layout: string, cache: string) => Promise<ProgramRun> };

const ours = (name: string, ...args: string[]): Case => ({
  name,
  run: (layout, cache) =>
    measureProgram(
      process.execPath,
      [PRATIQUE, args[0] ?? '', `oci:${layout}:latest`, ...args.slice(1)],
      { PRATIQUE_CACHE: cache, XDG_CONFIG_HOME: cache },
      (json) => {
        const { secrets, malware, baseline, components } = json as Record<string, unknown[] | undefined>;
        return [secrets, malware, baseline, components].reduce((sum, list) => sum + (list?.length ?? 0), 0);
      },
    ),
});
const CASES: readonly Case[] = [
  ours('Pratique, SBOM alone', 'sbom', '--format', 'cyclonedx'),
  ours('Pratique, secrets, malware, baseline', 'scan', '--json', '--offline', '--scanners', 'secret,malware,baseline'),
  ours('Pratique, everything', 'scan', '--json', '--offline'),
  {
    name: 'Trivy 0.72, vulnerabilities and secrets',
    async run(layout, cache) {
      await cp(TRIVY_DATABASE, join(cache, 'db'), { recursive: true });
      await writeJavaDatabase(cache, []);
      const offline = ['--offline-scan', '--skip-db-update', '--skip-java-db-update', '--cache-dir', cache];
      const args = ['image', '-q', '--input', layout, '--format', 'json', '--scanners', 'vuln,secret', ...offline];
      return measureProgram(join(PEERS, 'trivy'), args, {}, (json) => {
        const { Results = [] } = json as { Results?: { Secrets?: unknown[] }[] };
        return Results.reduce((sum, { Secrets = [] }) => sum + Secrets.length, 0);
      });
    },
  },
];

export async function benchContents(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  const lines = ['| what | wall s | CPU s | memory MiB | times the SBOM |', '|---|---|---|---|---|'];
  try {
    const big = await bigImage((text) => process.stderr.write(`${text}\n`));
    let sbom = 0;
    for (const one of CASES) {
      if (one.name.startsWith('Trivy') && !(existsSync(join(PEERS, 'trivy')) && existsSync(TRIVY_DATABASE))) {
        lines.push(`| ${one.name}: not there (npm run peers:build, npm run bench -- coverage) | | | | |`);
        continue;
      }
      const run = await median(one, big, folder);
      sbom ||= run.wallS;
      lines.push(
        `| ${one.name} | ${run.wallS.toFixed(2)} | ${run.cpuS.toFixed(2)} | ${Math.round(run.memoryMib)} | ${(run.wallS / sbom).toFixed(2)} |`,
      );
    }
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    lines.push(`| not built: ${error.message} | | | | |`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return lines.join('\n');
}

async function median({ run }: Case, layout: string, folder: string): Promise<ProgramRun> {
  const runs: ProgramRun[] = [];
  for (let n = 0; n < RUNS; n += 1) {
    const cache = await mkdtemp(join(folder, 'cache-'));
    runs.push(await run(layout, cache));
    await rm(cache, { recursive: true, force: true });
  }
  const middle = (key: keyof ProgramRun) =>
    runs.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
  return { wallS: middle('wallS'), cpuS: middle('cpuS'), memoryMib: middle('memoryMib'), results: middle('results') };
}
