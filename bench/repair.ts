/** `npm run bench -- repair`: ten images of Debian with packages drawn at random from main alone, repaired and judged by apt, dpkg and runc. */
import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, repairImage } from '@pratique/compose';
import {
  dpkgComplaints,
  judgeMissing,
  prepareApt,
  runInContainer,
  unpackImage,
} from '@pratique/compose/fixture/native-judge';
import { CACHE, CoverageError } from './recall/run-program.ts';

const IMAGES = 10;
const DRAWN = 4;
const SUITES = ['bookworm', 'bookworm', 'trixie'] as const;
/** Packages to draw from, and a command that shows that the program runs. */
const POOL: Record<string, string[]> = {
  openssl: ['openssl', 'version'],
  curl: ['curl', '--version'],
  python3: ['python3', '-c', 'import ssl, sqlite3, zlib, lzma; print(ssl.OPENSSL_VERSION)'],
  git: ['git', '--version'],
  nginx: ['nginx', '-v'],
  perl: ['perl', '-e', 'print "perl $^V"'],
  gnupg: ['gpg', '--version'],
  wget: ['wget', '--version'],
  sqlite3: ['sqlite3', ':memory:', 'select sqlite_version()'],
  'libxml2-utils': ['xmllint', '--version'],
  'openssh-client': ['ssh', '-V'],
  'vim-tiny': ['vim.tiny', '--version'],
  rsync: ['rsync', '--version'],
  'bind9-host': ['host', '-V'],
  imagemagick: ['convert', '-version'],
  ruby: ['ruby', '-e', 'require "openssl"; puts RUBY_VERSION'],
  'php-cli': ['php', '-r', 'echo PHP_VERSION;'],
  redis: ['redis-server', '--version'],
  'postgresql-client': ['psql', '--version'],
  apache2: ['apache2', '-v'],
  busybox: ['busybox', 'true'],
  tar: ['tar', '--version'],
  less: ['less', '--version'],
};

type Row = {
  image: string;
  packages: number;
  behind: number;
  upgraded: number;
  left: number;
  seconds: number;
  mib: number;
  ratio: number;
  scripts: string;
};

/** @throws CoverageError where tools or the archive are missing; Error where a judge disagrees */
export async function benchRepair(): Promise<string> {
  const missing = await judgeMissing(['apt-get', 'dpkg', 'tar', 'runc']);
  if (missing) throw new CoverageError(missing);
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bench-repair-'));
  const cacheDir = join(CACHE, 'bench', 'repair');
  await mkdir(cacheDir, { recursive: true });
  const rows: Row[] = [];
  try {
    for (let number = 0; number < IMAGES; number++) {
      const row = await repairOne(folder, cacheDir, number);
      rows.push(row);
      process.stderr.write(
        `${row.image}: ${row.upgraded} of ${row.packages} upgraded, ${row.left} left, ${row.seconds.toFixed(1)} s\n`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return table(rows);
}

async function repairOne(folder: string, cacheDir: string, number: number): Promise<Row> {
  const suite = SUITES[number % SUITES.length] ?? 'bookworm';
  const apt = await prepareApt(join(folder, `apt-${suite}`), suite);
  if (!apt) throw new CoverageError(`the machine's apt configuration names no archive with ${suite}-security`);
  const names = draw(Object.keys(POOL), DRAWN);
  const deps = { fetch, cacheDir, now: () => new Date() };
  const image = await compose({ suite, include: names, security: false }, deps);
  const label = `${suite} with ${names.join(', ')}`;
  const options = { ...deps, source: image.source, reference: image.manifest.digest };
  try {
    const before = join(folder, 'before');
    await unpackImage(image, before);
    const offered = await apt.upgrades(before);
    // Once to have the packages here, once for the clock.
    const first = await repairImage(options);
    const started = performance.now();
    const repaired = await repairImage(options);
    const seconds = (performance.now() - started) / 1000;
    expectSame(label, 'a repair made twice', [repaired.manifest.digest], [first.manifest.digest]);
    await first.close();
    const { result } = repaired;
    const touched = [...result.upgraded, ...result.left].map(({ name }) => name);
    expectSame(
      label,
      'what apt would upgrade and we neither upgraded nor left',
      offered.filter((name) => !touched.includes(name)),
      [],
    );
    const after = join(folder, 'after');
    await unpackImage(repaired, after);
    const left = result.left.map((each) => each.name);
    expectSame(
      label,
      'what apt would still upgrade',
      (await apt.upgrades(after)).filter((name) => !left.includes(name)),
      [],
    );
    expectSame(label, 'dpkg --audit and --verify', [await dpkgComplaints(after)], [await dpkgComplaints(before)]);
    for (const name of names) await runInContainer(after, POOL[name] ?? ['true'], `pratique-bench-${process.pid}`);
    const second = await repairImage({ ...deps, source: repaired.source, reference: repaired.manifest.digest });
    expectSame(
      label,
      'a second repair',
      [second.manifest.digest, String(second.result.to)],
      [repaired.manifest.digest, 'null'],
    );
    await second.close();
    await repaired.close();
    const count = (how: string) => result.scripts.filter(({ handled }) => handled === how).length;
    return {
      image: label,
      packages: image.packages.length,
      behind: offered.length,
      upgraded: result.upgraded.length,
      left: left.length,
      seconds,
      mib: (result.layer?.size ?? 0) / 2 ** 20,
      ratio: (result.layer?.bytes ?? 0) / (result.layer?.packageBytes ?? 1),
      scripts: `${count('built-in')} built in, ${count('not-needed')} not needed, ${count('sandbox')} in the sandbox, ${count('not-done')} not done`,
    };
  } finally {
    await image.close();
  }
}

function draw(names: string[], count: number): string[] {
  const rest = [...names];
  return Array.from({ length: count }, () => rest.splice(randomInt(rest.length), 1)[0] ?? '').filter(Boolean);
}

function expectSame(image: string, what: string, found: string[], wanted: string[]): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`${image}: ${what}: ${found.join(', ') || 'nothing'} instead of ${wanted.join(', ') || 'nothing'}`);
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) =>
      `| ${row.image} | ${row.packages} | ${row.behind} | ${row.upgraded} | ${row.left} | ${row.seconds.toFixed(1)} | ${row.mib.toFixed(1)} | ${row.ratio.toFixed(2)} | ${row.scripts} |`,
  );
  return [
    '| image, main only | packages | behind, says apt | upgraded | left | s, packages cached | layer MiB | layer to packages’ files | scripts |',
    '|---|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
    'Each: apt has nothing more from the security suite but what is left with a reason, dpkg --audit and --verify say what they said before (nothing), every drawn program runs under runc, a repair made twice has one digest, a second repair changes nothing.',
  ].join('\n');
}
