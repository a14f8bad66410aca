/** SBOMs of images, beside Syft and Trivy: wall time, processor time and memory of a fresh process each, every cache of theirs and ours empty. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compose } from '@pratique/compose';
import { copyGraph, createLayout } from '@pratique/oci';
import { writeJavaDatabase } from './recall/java-database.ts';
import { CACHE, CoverageError, PEERS } from './recall/run-program.ts';
import { writeLayout } from './recall/write-layout.ts';
import { bigImage } from './support/big-image.ts';
import { measureProgram, type ProgramRun } from './support/measure-program.ts';

const PRATIQUE = join(resolve(import.meta.dirname, '..'), 'apps', 'cli', 'bin', 'pratique.mjs');
const RUNS = 3;

type Tool = { name: string; run: (layout: string, empty: string) => Promise<ProgramRun> };
const lengthOf =
  (key: string) =>
  (json: unknown): number =>
    ((json as Record<string, unknown[]>)[key] ?? []).length;

const OURS: Tool = {
  name: 'Pratique',
  run: (layout, empty) =>
    measureProgram(
      process.execPath,
      [PRATIQUE, 'sbom', `oci:${layout}:latest`, '--format', 'cyclonedx'],
      { PRATIQUE_CACHE: empty },
      lengthOf('components'),
    ),
};
const SYFT: Tool = {
  name: 'Syft 1.54',
  run: (layout, empty) =>
    measureProgram(
      join(PEERS, 'syft'),
      ['scan', '-q', '-o', 'cyclonedx-json', `oci-dir:${layout}`],
      { SYFT_CHECK_FOR_APP_UPDATE: 'false', XDG_CACHE_HOME: empty },
      lengthOf('components'),
    ),
};
const TRIVY: Tool = {
  name: 'Trivy 0.72',
  async run(layout, empty) {
    // Without a network it wants the list of jars' hashes to be there; that it is empty costs it nothing.
    await writeJavaDatabase(empty, []);
    const offline = ['--offline-scan', '--skip-db-update', '--skip-java-db-update', '--cache-dir', empty];
    const args = ['image', '-q', '--input', layout, '--format', 'cyclonedx', ...offline];
    return measureProgram(join(PEERS, 'trivy'), args, {}, lengthOf('components'));
  },
};

export async function benchSbom(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  const lines = ['| image | tool | wall s | CPU s | memory MiB | components |', '|---|---|---|---|---|---|'];
  try {
    const small = join(folder, 'small');
    await composeInto(small, ['openssl', 'ca-certificates']);
    lines.push(...(await compare('small', small, folder)));
    const big = await bigImage((text) => process.stderr.write(`${text}\n`)).catch((error: unknown) => {
      if (!(error instanceof CoverageError)) throw error;
      lines.push(`| big | not built: ${error.message} | | | | |`);
      return null;
    });
    if (big) {
      lines.push(...(await compare('big', big, folder)));
      lines.push(...(await again(big, folder)));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return lines.join('\n');
}

async function compare(image: string, layout: string, folder: string): Promise<string[]> {
  const lines: string[] = [];
  let ours: ProgramRun | null = null;
  for (const tool of [OURS, SYFT, TRIVY]) {
    if (tool !== OURS && !existsSync(join(PEERS, tool === SYFT ? 'syft' : 'trivy'))) {
      lines.push(`| ${image} | ${tool.name}: not there (npm run peers:build) | | | | |`);
      continue;
    }
    const run = await median(() => cold(tool, layout, folder));
    lines.push(row(image, tool.name, run));
    if (tool === OURS) ours = run;
    else if (ours) lines.push(ratio(image, tool.name, run, ours));
  }
  return lines;
}

/** The image with one small layer more, after the image itself was scanned: what a second scan costs. */
async function again(layout: string, folder: string): Promise<string[]> {
  const changed = join(folder, 'changed');
  await cp(layout, changed, { recursive: true, mode: 2 });
  const layer = join(folder, 'layer', 'srv', 'app', 'node_modules', 'left-pad');
  await mkdir(layer, { recursive: true });
  await writeFile(join(layer, 'package.json'), JSON.stringify({ name: 'left-pad', version: '1.3.0' }));
  await writeLayout(changed, [join(folder, 'layer')]);
  const cache = join(folder, 'warm');
  await OURS.run(layout, cache);
  const ours = await median(() => OURS.run(changed, cache));
  const lines = [row('big, one layer more, second scan', OURS.name, ours)];
  if (!existsSync(join(PEERS, 'trivy'))) return lines;
  const theirs = join(folder, 'warm-trivy');
  await TRIVY.run(layout, theirs);
  const trivy = await median(() => TRIVY.run(changed, theirs));
  lines.push(row('big, one layer more, second scan', TRIVY.name, trivy), ratio('the same', TRIVY.name, trivy, ours));
  return lines;
}

async function cold(tool: Tool, layout: string, folder: string): Promise<ProgramRun> {
  const empty = await mkdtemp(join(folder, 'cache-'));
  try {
    return await tool.run(layout, empty);
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
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

async function median(run: () => Promise<ProgramRun>): Promise<ProgramRun> {
  const runs: ProgramRun[] = [];
  for (let n = 0; n < RUNS; n++) runs.push(await run());
  const middle = (key: keyof ProgramRun) =>
    runs.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
  return { wallS: middle('wallS'), cpuS: middle('cpuS'), memoryMib: middle('memoryMib'), results: middle('results') };
}

function row(image: string, tool: string, run: ProgramRun): string {
  return `| ${image} | ${tool} | ${run.wallS.toFixed(2)} | ${run.cpuS.toFixed(2)} | ${Math.round(run.memoryMib)} | ${run.results} |`;
}

function ratio(image: string, tool: string, theirs: ProgramRun, ours: ProgramRun): string {
  return `| ${image} | **ratio** ${tool} / ours | ${(theirs.wallS / ours.wallS).toFixed(1)} | ${(theirs.cpuS / ours.cpuS).toFixed(1)} | ${(theirs.memoryMib / ours.memoryMib).toFixed(1)} | |`;
}
