/** Matching a thousand packages in a fresh process, and importing feeds: seconds, processor seconds, MiB. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureSeed, openAdvisoryStore } from '@pratique/scan';

const ROOT = resolve(import.meta.dirname, '..');
const CLI = join(ROOT, 'apps', 'cli', 'bin', 'pratique.mjs');
const PACKAGES = 1000;
const RUNS = 7;

/** Folder of feeds as their publishers have them; without one, the seed alone is imported. */
const FEEDS = process.env['PRATIQUE_BENCH_FEEDS'];
const FORMS: readonly [source: string, path: string][] = [
  ['debian', 'debian/security-tracker.json'],
  ['osv', 'osv-go/osv-go.tar.zst'],
  ['osv', 'osv-pypa/osv-pypa.tar.zst'],
  ['osv', 'osv-almalinux/osv-almalinux.tar.zst'],
  ['osv', 'osv-maven-sample/vulnerabilities.json.zst'],
  ['rustsec', 'osv-rustsec/osv-rustsec.tar.zst'],
  ['rubysec', 'rubysec/rubysec.tar.zst'],
  ['php', 'php-security-advisories/php-security-advisories.tar.zst'],
  ['node', 'nodejs-security-wg/nodejs-security-wg.tar.zst'],
  ['alpine', 'alpine-secdb'],
  ['kev', 'kev/kev.json'],
  ['epss', 'epss/epss_scores-sample.csv'],
];

type Run = { wallS: number; cpuS: number; memoryMib: number };

export async function benchAdvisories(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-'));
  try {
    const db = join(folder, 'db');
    await ensureSeed(db);
    const lines = ['| what | findings | wall s | CPU s | memory MiB |', '|---|---|---|---|---|'];
    const nothing: Run[] = [];
    for (let at = 0; at < RUNS; at += 1) nothing.push(await measure(folder, ['--eval', '0']));
    lines.push(`| a process that does nothing | – | ${row(middle(nothing))} |`);
    for (const [what, purls] of Object.entries(await packageLists(db))) {
      const file = join(folder, 'purls');
      await writeFile(file, purls.join('\n'));
      const args = ['match', '--db', db, '--packages', file, '--json'];
      const first = await measure(folder, [CLI, ...args]); // fills the cache of compiled code
      const runs: Run[] = [];
      for (let at = 0; at < RUNS; at += 1) runs.push(await measure(folder, [CLI, ...args]));
      const found = (JSON.parse(first.out) as { findings: unknown[] }).findings.length;
      lines.push(`| ${purls.length} purls, ${what} | ${found} | ${row(middle(runs))} |`);
    }
    if (FEEDS !== undefined)
      lines.push(`| import of ${FORMS.length} feeds, a process each | – | ${row(await importAll(folder, FEEDS))} |`);
    return lines.join('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names that the seed speaks of, so that every look-up reads something; recent versions have few holes, old ones many. */
async function packageLists(db: string): Promise<Record<string, string[]>> {
  const store = await openAdvisoryStore(db);
  const names = [...store.fingerprints('Debian:12').keys()].filter((name) => name !== 'linux').slice(0, 100);
  const go = [...store.fingerprints('Go').keys()].slice(0, PACKAGES);
  store.close();
  const debian = (at: number, version: string) =>
    `pkg:deb/debian/binary${at}@${version}?arch=amd64&distro=debian-12&upstream=${names[at % names.length]}%40${version}`;
  const list = (of: (at: number) => string) => Array.from({ length: PACKAGES }, (_, at) => of(at));
  return {
    'up to date': list((at) => debian(at, '99:1.0-1')),
    'Go modules, old': list((at) => `pkg:golang/${go[at % go.length]}@v0.1.0`),
    'all holes of a hundred sources': list((at) => debian(at, '0-1')),
  };
}

async function importAll(folder: string, feeds: string): Promise<Run> {
  const total: Run = { wallS: 0, cpuS: 0, memoryMib: 0 };
  for (const [source, path] of FORMS) {
    const file = join(feeds, path);
    if (!(await stat(file).catch(() => null))) continue;
    const run = await measure(folder, [
      CLI,
      'advisories',
      'import',
      file,
      '--source',
      source,
      '--db',
      join(folder, 'imported'),
      '--json',
    ]);
    total.wallS += run.wallS;
    total.cpuS += run.cpuS;
    total.memoryMib = Math.max(total.memoryMib, run.memoryMib);
  }
  return total;
}

/** What the process says of itself at its end: no sampling, so that short ones are measured too. */
async function measure(folder: string, args: string[]): Promise<Run & { out: string }> {
  const counters = join(folder, 'counters.json');
  const hook = join(folder, 'hook.mjs');
  await writeFile(
    hook,
    `import { writeFileSync } from 'node:fs';\nprocess.on('exit', () => writeFileSync(${JSON.stringify(counters)}, JSON.stringify(process.resourceUsage())));\n`,
  );
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', hook, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), HOME: homedir() },
  });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  await once(child, 'close');
  const wallS = (performance.now() - started) / 1000;
  if (child.exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${child.exitCode}; ${await readdir(folder)}`);
  const used = JSON.parse(await readFile(counters, 'utf8')) as NodeJS.ResourceUsage;
  return {
    wallS,
    cpuS: (used.userCPUTime + used.systemCPUTime) / 1e6,
    memoryMib: used.maxRSS / 1024,
    out: Buffer.concat(pieces).toString('utf8'),
  };
}

function middle(runs: readonly Run[]): Run {
  const of = (key: keyof Run) => runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0;
  return { wallS: of('wallS'), cpuS: of('cpuS'), memoryMib: of('memoryMib') };
}

const row = (run: Run) => `${run.wallS.toFixed(2)} | ${run.cpuS.toFixed(2)} | ${Math.round(run.memoryMib)}`;
