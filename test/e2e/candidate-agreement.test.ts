/** What a scan says is newer in the distribution's suites, against apt itself: ten images of random packages, package by package. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type TestHome } from '../../apps/cli/src/testing.ts';
import { chooseSources, type Source } from '../../packages/compose/src/archive/choose-sources.ts';
import type { ImageScan } from '../../packages/contract/src/index.ts';
import { compareVersions } from '../../packages/scan/src/index.ts';
import { bookworm, type InstalledPackage, makeImage, type TestImage } from '../support/image.ts';
import { findTool, runTool } from '../support/tools.ts';

const IMAGES = 10;
/** Of the whole archive, and of what updates and security have newer than the release: few of 60,000 would be hit by chance. */
const [ANY, CHANGED] = [120, 40];
const SUITES = ['bookworm', 'bookworm-updates', 'bookworm-security'];

type Row = InstalledPackage & { suite: string; stanza: string };
type Chosen = InstalledPackage & { stanza: string };
type Judged = { installed: string; candidate: string };
type Scanned = {
  packages: InstalledPackage[];
  scan: ImageScan;
  table: string;
  policy: Map<string, Judged>;
  upgradable: string[];
};
let folder = '';
let home: TestHome;
let unusable: string | null = null;
const images: Scanned[] = [];

const apt = (tool: string, status: string, ...args: string[]) =>
  runTool(
    tool,
    [
      `Dir::State=${folder}/state`,
      `Dir::State::status=${status}`,
      `Dir::Cache=${folder}/cache`,
      `Dir::Etc::sourcelist=${folder}/sources.list`,
      'Dir::Etc::sourceparts=/dev/null',
      'Dir::Etc::preferences=/dev/null',
      'Dir::Etc::preferencesparts=/dev/null',
      'APT::Architecture=amd64',
      'APT::Architectures=amd64',
      'APT::Sandbox::User=root',
      'Acquire::GzipIndexes=false',
      'Acquire::Languages=none',
      'Debug::NoLocking=true',
    ]
      .flatMap((option) => ['-o', option])
      .concat(args),
    { env: { LC_ALL: 'C' }, seconds: 150 },
  );

async function writeSources(sources: readonly Source[]): Promise<void> {
  const lines: string[] = [];
  for (const [at, { mirror, suite, keyring }] of sources.entries()) {
    const file = join(folder, `keyring-${at}.${keyring.bytes.includes('-----BEGIN PGP') ? 'asc' : 'gpg'}`);
    await writeFile(file, keyring.bytes);
    lines.push(`deb [arch=amd64 signed-by=${file}] ${mirror} ${suite} main\n`);
  }
  await writeFile(join(folder, 'sources.list'), lines.join(''));
}

/** What apt has fetched, read by a few lines of this test's own. */
async function readLists(): Promise<Row[]> {
  const lists = join(folder, 'state', 'lists');
  const rows: Row[] = [];
  for (const file of await readdir(lists)) {
    const suite = /_dists_([^_]+)_main_binary-amd64_Packages$/.exec(file)?.[1];
    if (suite === undefined) continue;
    for (const stanza of (await readFile(join(lists, file), 'utf8')).split('\n\n')) {
      const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(stanza)?.[1];
      const [name, version, architecture, source] = ['Package', 'Version', 'Architecture', 'Source'].map(field);
      if (name && version && architecture)
        rows.push({ name, version, architecture, suite, stanza, ...(source ? { source } : {}) });
    }
  }
  return rows;
}

/**
 * What dpkg keeps of an installed package: all that the archive says of it but where to get it. apt compares that too, and
 * takes a package of the same version with other dependencies or another size for another build.
 */
const statusOf = (packages: readonly Chosen[]): string =>
  packages
    .map(({ stanza, version }) =>
      stanza
        .trim()
        .split('\n')
        .filter((line) => !/^(?:(?:Filename|Size|MD5sum|SHA1|SHA256|Tag|Version):| )/.test(line))
        .concat(`Version: ${version}`, 'Status: install ok installed', '')
        .join('\n'),
    )
    .join('\n');

const ofThisHouse = (seed: number): string =>
  `Package: only-here-${seed}\nArchitecture: amd64\nMaintainer: A <a@example.org>\nDescription: of this house`;

/** The same numbers every time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** At the versions of the release, as an image built back then has them; some rebuilt at home, older, or already new. */
function choose(seed: number, base: readonly Row[], changed: readonly Row[], newest: readonly Row[]): Chosen[] {
  const next = random(seed);
  const chosen = new Map<string, Chosen>();
  const take = (from: readonly Row[], count: number, change: (row: Row) => string) => {
    for (let at = 0; at < count; at += 1) {
      const row = from[next(from.length)];
      if (row && !chosen.has(row.name)) {
        const { suite: _suite, ...each } = row;
        chosen.set(row.name, { ...each, version: change(row) });
      }
    }
  };
  const twist = ({ version }: Row) =>
    [version, version, version, `${version}~rc1`, `${version}+local1`, `${version}.1`][next(6)] ?? version;
  take(base, ANY, twist);
  take(changed, CHANGED, ({ version }) => version);
  take(newest, CHANGED / 4, ({ version }) => version);
  take(
    [{ name: `only-here-${seed}`, version: '1.0', architecture: 'amd64', suite: '', stanza: ofThisHouse(seed) }],
    1,
    ({ version }) => version,
  );
  return [...chosen.values()];
}

async function writeLayout(path: string, image: TestImage): Promise<void> {
  const blobs = join(path, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = (digest: string, bytes: Buffer) => writeFile(join(blobs, digest.slice('sha256:'.length)), bytes);
  for (const { digest, bytes } of image.blobs) await put(digest, bytes);
  await put(image.digest, image.manifest);
  await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const { digest, mediaType } = image;
  const annotations = { 'org.opencontainers.image.ref.name': '1' };
  const manifests = [{ mediaType, digest, size: image.manifest.length, annotations }];
  await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

/** @returns Installed and Candidate of each package, as `apt-cache policy` prints them */
function readPolicy(text: string): Map<string, Judged> {
  const found = new Map<string, Judged>();
  for (const [, name = '', installed = '', candidate = ''] of text.matchAll(
    /^(\S+):\n {2}Installed: (\S+)\n {2}Candidate: (\S+)$/gm,
  ))
    found.set(name, { installed, candidate });
  return found;
}

async function run(...argv: string[]): Promise<string> {
  const ran = await home.run(argv);
  if (ran.code !== 0) throw new Error(`${argv.join(' ')}: ${ran.notes}`);
  return ran.out;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-candidates-'));
  home = await createHome();
  for (const path of ['state/lists/partial', 'cache/archives/partial'])
    await mkdir(join(folder, path), { recursive: true });
  const [get, list, cache] = [await findTool('apt-get'), await findTool('apt'), await findTool('apt-cache')];
  if (!get || !list || !cache) {
    unusable = 'apt is not installed';
    return;
  }
  const sources = await chooseSources({ suite: 'bookworm', updates: true, security: true }, '/etc/apt').catch(
    () => null,
  );
  if (sources === null) {
    unusable = 'this machine’s apt configuration names no Debian archive';
    return;
  }
  await writeSources(sources);
  const empty = join(folder, 'status');
  await writeFile(empty, '');
  const updated = await apt(get, empty, 'update', '-q');
  const rows = await readLists();
  if (SUITES.some((suite) => !rows.some((row) => row.suite === suite))) {
    unusable = `bookworm, its updates or its security suite cannot be reached (${updated.stderr.trim().split('\n')[0]?.slice(0, 200) ?? ''})`;
    return;
  }
  await run('advisories', 'import', join(folder, 'state', 'lists'), '--source', 'candidates', '--release', 'debian:12');
  const base = rows.filter((row) => row.suite === 'bookworm');
  const newest = rows.filter((row) => row.suite !== 'bookworm');
  const newer = new Set(newest.map((row) => row.name));
  const changed = base.filter((row) => newer.has(row.name));
  for (let at = 0; at < IMAGES; at += 1) {
    const packages = choose(1000 + at, base, changed, newest);
    const [status, layout] = [join(folder, `status-${at}`), join(folder, `image-${at}`)];
    const database = statusOf(packages);
    await writeFile(status, database);
    const files = bookworm(packages).map((file) =>
      file.path === 'var/lib/dpkg/status' ? { ...file, content: database } : file,
    );
    await writeLayout(layout, makeImage(files, { note: `${at}` }));
    const scan = JSON.parse(await run('scan', `oci:${layout}:1`, '--json')) as ImageScan;
    const table = await run('scan', `oci:${layout}:1`, '--all');
    const policy = readPolicy((await apt(cache, status, 'policy', ...packages.map((one) => one.name))).stdout);
    const { stdout } = await apt(list, status, 'list', '--upgradable');
    const upgradable = [...stdout.matchAll(/^([^/\s]+)\/\S+ (\S+) \S+ \[upgradable from: (\S+)\]$/gm)].map(
      ([, name, to, from]) => `${name} ${from} -> ${to}`,
    );
    images.push({ packages, scan, table, policy, upgradable: upgradable.sort() });
  }
});
afterAll(async () => {
  await home.remove();
  await rm(folder, { recursive: true, force: true });
});

const newer = ({ scan }: Scanned) =>
  scan.packages.filter((one) => one.candidate != null && compareVersions('deb', one.candidate, one.version) > 0);

describe.each(Array.from({ length: IMAGES }, (_, at) => at))('image %i', (at) => {
  test('lists as newer what apt would upgrade, at apt’s versions, and nothing else', (context) => {
    if (unusable) return context.skip(unusable);
    const image = images[at]!;
    expect(image.scan.packages).toHaveLength(image.packages.length);
    const ours = newer(image).map((one) => `${one.name} ${one.version} -> ${one.candidate}`);
    expect(ours.sort()).toEqual(image.upgradable);
    expect(ours.length).toBeGreaterThan(CHANGED / 2);
    expect(image.scan.packages.filter((one) => one.outdated).length).toBe(ours.length);
  });

  test('has apt’s candidate for every package; what apt would keep has none that is newer', (context) => {
    if (unusable) return context.skip(unusable);
    const { scan, policy } = images[at]!;
    const upgrading = new Set(newer(images[at]!).map((one) => one.name));
    const disputed = scan.packages.filter(({ name, version, candidate }) => {
      const judged = policy.get(name);
      return judged?.installed !== version || judged.candidate !== (upgrading.has(name) ? candidate : version);
    });
    expect(disputed).toEqual([]);
    expect(scan.packages.filter((one) => one.candidate === null).map((one) => one.name)).toEqual([
      `only-here-${1000 + at}`,
    ]);
  });

  test('shows what no advisory explains as outdated and not as a hole', (context) => {
    if (unusable) return context.skip(unusable);
    const { scan, table } = images[at]!;
    const fixed = new Set(scan.findings.flatMap((one) => (one.fixCandidate ? one.package.name : [])));
    const [, after = ''] = table.split('\nOutdated');
    const shown = after.split('\n\n')[0] ?? '';
    const listed = newer(images[at]!).filter((one) =>
      new RegExp(`^ +${one.name.replaceAll('+', '\\+')} `, 'm').test(shown),
    );
    expect(listed.map((one) => one.name)).toEqual(
      newer(images[at]!)
        .map((one) => one.name)
        .filter((name) => !fixed.has(name)),
    );
    // A fix that is said to be in the suites is one that apt would bring.
    const brought = new Set(newer(images[at]!).map((one) => one.name));
    expect([...fixed].filter((name) => !brought.has(name))).toEqual([]);
    expect(scan.findings.filter((one) => one.evidence.source === 'candidates')).toEqual([]);
  });
});

test('the signed archive says the same as the lists that apt has fetched', async (context) => {
  if (unusable) return context.skip(unusable);
  const [source] = await chooseSources({ suite: 'bookworm', updates: false, security: false }, '/etc/apt');
  const store = join(folder, 'signed');
  const read = await home.run([
    'advisories',
    'import',
    source!.mirror,
    '--source',
    'candidates',
    '--release',
    'debian:12',
    '--db',
    store,
    '--json',
  ]);
  if (/was valid until/.test(read.notes)) return context.skip(read.notes.trim());
  expect(read).toMatchObject({ code: 0 });
  const shardsOf = async (dir: string) => {
    const current = (await readFile(join(dir, 'current'), 'utf8')).trim().slice('sha256:'.length);
    const manifest = JSON.parse(await readFile(join(dir, 'snapshots', `${current}.json`), 'utf8')) as {
      feeds: { name: string; date: string; shards: { digest: string }[] }[];
    };
    const feed = manifest.feeds.find((one) => one.name === 'candidates:debian:12:amd64');
    return { date: feed?.date, shards: feed?.shards };
  };
  expect(await shardsOf(store)).toEqual(await shardsOf(join(home.dir, 'cache', 'advisories')));
});
