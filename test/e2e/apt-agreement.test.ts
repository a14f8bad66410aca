/** What the gate names against what apt itself would upgrade, on the versions that bookworm was released with. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageScan } from '../../packages/contract/src/index.ts';
import { compareVersions, importIndexes } from '../../packages/scan/src/index.ts';
import { must, settled } from '../support/chain.ts';
import { bookworm, dpkgStatus, type InstalledPackage, makeImage, pushImage } from '../support/image.ts';
import { findTool, runTool } from '../support/tools.ts';
import { useServer } from '../support/use-server.ts';

const server = useServer();
const SEED = join(import.meta.dirname, '..', '..', 'packages', 'scan', 'seed', 'debian.jsonl.zst');
/** Found in many images, and with many updates behind them. */
const NAMED = new Set([
  'openssl',
  'libssl3',
  'curl',
  'libcurl4',
  'libxml2',
  'nginx',
  'nginx-common',
  'git',
  'libexpat1',
  'libc6',
  'libgnutls30',
  'python3.11-minimal',
  'libpython3.11-stdlib',
  'perl-base',
  'openssh-client',
  'bind9-libs',
  'libsqlite3-0',
  'libtiff6',
  'libwebp7',
  'vim-tiny',
  'sudo',
  'libkrb5-3',
  'libnghttp2-14',
  'postgresql-15',
  'redis-server',
  'busybox',
  'bash',
  'zlib1g',
  'libgcrypt20',
  'ncurses-base',
]);

type Upgrade = { name: string; suite: string; candidate: string; installed: string };
let folder = '';
let unusable: string | null = null;
let installed: InstalledPackage[] = [];
let upgrades: Upgrade[] = [];
let scan: ImageScan;

const apt = (tool: string, ...args: string[]) =>
  runTool(
    tool,
    [
      '-o',
      `Dir::State=${folder}/state`,
      '-o',
      `Dir::State::status=${folder}/status`,
      '-o',
      `Dir::Cache=${folder}/cache`,
      '-o',
      'Acquire::GzipIndexes=false',
      '-o',
      'Acquire::Languages=none',
      '-o',
      'Debug::NoLocking=true',
      ...args,
    ],
    { env: { LC_ALL: 'C' }, seconds: 150 },
  );

/** The binary packages of bookworm's main archive that the image is to have, at the versions they have there. */
async function readArchive(): Promise<InstalledPackage[]> {
  const lists = join(folder, 'state', 'lists');
  const file = (await readdir(lists)).find((name) => /_dists_bookworm_main_binary-amd64_Packages$/.test(name));
  if (!file) return [];
  const found: InstalledPackage[] = [];
  for (const stanza of (await readFile(join(lists, file), 'utf8')).split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(stanza)?.[1];
    const [name, version, source] = [field('Package'), field('Version'), field('Source')];
    if (!name || !version || !(NAMED.has(name) || ['required', 'important'].includes(field('Priority') ?? '')))
      continue;
    found.push({ name, version, architecture: field('Architecture') ?? 'amd64', ...(source ? { source } : {}) });
  }
  return found;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-apt-'));
  for (const path of ['state/lists/partial', 'cache/archives/partial'])
    await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  const [get, list] = [await findTool('apt-get'), await findTool('apt')];
  if (!get || !list) {
    unusable = 'apt is not installed';
    return;
  }
  const updated = await apt(get, 'update', '-q');
  installed = await readArchive();
  if (installed.length === 0) {
    unusable = `the machine’s apt sources have no bookworm, or cannot be reached (${updated.stderr.trim().split('\n')[0]?.slice(0, 100) ?? ''})`;
    return;
  }
  await writeFile(join(folder, 'status'), dpkgStatus(installed));
  const { stdout } = await apt(list, 'list', '--upgradable');
  upgrades = [...stdout.matchAll(/^([^/\s]+)\/(\S+) (\S+) \S+ \[upgradable from: (\S+)\]$/gm)].map(
    ([, name = '', suite = '', candidate = '', before = '']) => ({ name, suite, candidate, installed: before }),
  );
  await pushImage(server(), 'vendor/released', 'v1', makeImage(bookworm(installed), { note: 'apt' }));
  await settled(server(), 'vendor', 'released', 'v1');
  scan = must(
    await server().api('GET', '/api/v1/accounts/vendor/image/scan?repository=released&reference=v1'),
  ) as ImageScan;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const affected = () =>
  scan.findings.filter((finding) => finding.status === 'affected' && finding.fixedVersion !== null);

test('the inventory has every package that dpkg has, at its version', (context) => {
  if (unusable) return context.skip(unusable);
  const names = (list: { name: string; version: string }[]) =>
    list.map((one) => `${one.name} ${one.version}`).sort((a, b) => a.localeCompare(b));
  expect(names(scan.packages)).toEqual(names(installed));
});

test('the server says apt’s candidates of the stored packages once it has the lists, and matches nothing for it', async (context) => {
  if (unusable) return context.skip(unusable);
  const read = async () =>
    must(await server().api('GET', '/api/v1/accounts/vendor/image/scan?repository=released&reference=v1')) as ImageScan;
  expect(scan.packages.every((one) => one.candidate === null)).toBe(true);
  const target = { id: 'debian', release: '12', architecture: 'amd64' };
  await importIndexes(join(server().dataDir, 'advisories'), join(folder, 'state', 'lists'), target, {
    codename: 'bookworm',
    components: ['main'],
    now: new Date(),
  });
  const after = await read();
  expect(after.candidates).toMatchObject([{ release: 'debian:12', architecture: 'amd64' }]);
  const newer = after.packages
    .filter((one) => one.outdated)
    .map((one) => `${one.name} ${one.version} ${one.candidate}`);
  const expected = upgrades.map((one) => `${one.name} ${one.installed} ${one.candidate}`);
  expect(newer.sort()).toEqual(expected.filter((line) => !/ (\S+) \1$/.test(line)).sort());
  expect(after.findings.map((one) => one.id)).toEqual(scan.findings.map((one) => one.id));
  expect(after.findings.some((one) => one.fixCandidate != null)).toBe(true);
});

test('every package that a CVE is named for is one that apt would upgrade', (context) => {
  if (unusable) return context.skip(unusable);
  const upgradable = new Map(upgrades.map((upgrade) => [upgrade.name, upgrade]));
  expect(affected().length).toBeGreaterThan(0);
  const disputed = affected()
    .filter((finding) => !upgradable.has(finding.package.name))
    .map((finding) => `${finding.id} ${finding.package.name} ${finding.package.version} -> ${finding.fixedVersion}`);
  expect(disputed).toEqual([]);
});

test('apt’s security upgrades whose fixes the shipped data knows are all named', async (context) => {
  if (unusable) return context.skip(unusable);
  // The shipped file itself, not what the program makes of it.
  const lines = zstdDecompressSync(await readFile(SEED))
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1);
  type Row = [string, string, { status: string; ranges: { fixed: string | null }[] }[]];
  const fixes = new Map<string, string[]>();
  for (const [ecosystem, source, records] of lines.map((line) => JSON.parse(line) as Row))
    if (ecosystem === 'Debian:12')
      fixes.set(
        source,
        records
          .filter((record) => record.status === 'affected')
          .flatMap((record) => record.ranges.flatMap((range) => range.fixed ?? [])),
      );
  const sources = new Map(
    installed.map((one) => [
      one.name,
      {
        name: (one.source ?? one.name).split(' ')[0] ?? '',
        version: /\((.+)\)/.exec(one.source ?? '')?.[1] ?? one.version,
      },
    ]),
  );
  const named = new Set(affected().map((finding) => finding.package.name));
  const unnamed = upgrades
    .filter((upgrade) => upgrade.suite.includes('security'))
    .filter(({ name }) => {
      const source = sources.get(name);
      return (
        source !== undefined &&
        (fixes.get(source.name) ?? []).some((fixed) => compareVersions('deb', fixed, source.version) > 0)
      );
    })
    .filter(({ name }) => !named.has(name));
  expect(unnamed).toEqual([]);
  expect(named.size).toBeGreaterThan(0);
});
