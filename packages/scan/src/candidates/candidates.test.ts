/** What the suites offer: hostile indexes, the store, replay, and what a scan says of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Distribution, ImageScan, Package } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { packShard, readSnapshotParts, takeSnapshot } from '../advisories/artifact.ts';
import { changesBetween } from '../advisories/changes.ts';
import { importAdvisories } from '../advisories/import.ts';
import { failure, useStore } from '../advisories/store.fixture.ts';
import { openAdvisoryStore } from '../advisories/store.ts';
import { findingOf, packageOf } from '../package.fixture.ts';
import { candidatesKey } from './candidate.ts';
import { importIndexes } from './import-indexes.ts';
import { withCandidates } from './look-up.ts';
import { Offers } from './offers.ts';
import { outdatedPackages } from './outdated.ts';
import { publishCandidates } from './publish-candidates.ts';
import { readPackages } from './read-packages.ts';

const { root, dir, open, file } = useStore();
const TARGET = { id: 'debian', release: '12', architecture: 'amd64' };
const KEY = candidatesKey(TARGET);
const BOOKWORM: Distribution = { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian 12' };
const NOW = new Date('2026-08-02T00:00:00Z');

type Row = [name: string, version: string, more?: string];
const index = (...rows: Row[]) =>
  Buffer.from(
    rows
      .map(([name, version, more = 'Architecture: amd64']) => `Package: ${name}\n${more}\nVersion: ${version}\n`)
      .join('\n'),
  );

/** Indexes by suite, each of the same day. */
function offers(
  suites: Record<string, Buffer>,
  date: string | null = '2026-08-01T00:00:00.000Z',
  target = TARGET,
): Offers {
  const all = new Offers(target);
  for (const [name, bytes] of Object.entries(suites)) all.add({ name, date }, bytes, name);
  return all;
}
const read = (text: string) => {
  const problems: string[] = [];
  return { found: [...readPackages(Buffer.from(text), 'an index', (problem) => problems.push(problem))], problems };
};

describe('an index of packages', () => {
  test('gives name, version and source of each package', () => {
    const { found, problems } = read(
      'Package: libssl3\nSource: openssl\nVersion: 3.0.9-1\nArchitecture: amd64\nDescription: x\n Package: fake\n y\n\n\n\n' +
        'Package: linux-image-amd64\nArchitecture: amd64\nSource: linux-signed-amd64 (6.1.1+1)\nVersion: 6.1.1-1\n\n' +
        'Architecture: all\nPackage: netbase\nVersion: 6.4',
    );
    expect(problems).toEqual([]);
    expect(found).toEqual([
      { name: 'libssl3', version: '3.0.9-1', architecture: 'amd64', source: 'openssl' },
      {
        name: 'linux-image-amd64',
        version: '6.1.1-1',
        architecture: 'amd64',
        source: 'linux-signed-amd64',
        sourceVersion: '6.1.1+1',
      },
      { name: 'netbase', version: '6.4', architecture: 'all' },
    ]);
  });

  test.each([
    ['a name with a path in it', 'Package: ../etc\nVersion: 1\nArchitecture: all'],
    ['a name in capitals', 'Package: OpenSSL\nVersion: 1\nArchitecture: all'],
    ['a version that orders nothing', 'Package: a\nVersion: 1-\nArchitecture: all'],
    ['a version with control characters', 'Package: a\nVersion: 1\u001b[31m\nArchitecture: all'],
    ['a version of a megabyte', `Package: a\nVersion: ${'1'.repeat(1_000_000)}\nArchitecture: all`],
    ['no version', 'Package: a\nArchitecture: all'],
    ['no architecture', 'Package: a\nVersion: 1'],
    ['a source that is none', 'Package: a\nSource: b (\nVersion: 1\nArchitecture: all'],
    ['a field only in the description', 'Package: a\nArchitecture: all\nDescription: x\n Version: 1'],
    ['a page of HTML', '<html><body>maintenance</body></html>'],
    ['bytes', '\u0000\u0001\u0002'],
    ['a stanza that never ends', `Description: ${'x'.repeat(3_000_000)}\nPackage: a\nVersion: 1\nArchitecture: all`],
  ])('is told apart from %s', (_, text) => {
    const { found, problems } = read(text);
    expect(found).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.length).toBeLessThan(200);
  });

  test('of names that objects have is one of packages', async () => {
    const result = await publishCandidates(dir(), [
      offers({ bookworm: index(['constructor', '1'], ['tostring', '2']) }),
    ]);
    expect(result.records).toBe(2);
    expect((await open()).candidate(KEY, 'constructor')?.version).toBe('1');
    expect((await open()).candidate(KEY, '__proto__')).toBeNull();
  });

  test('with more packages than an archive has is refused', () => {
    const bytes = Buffer.from('x\n\n'.repeat(1_000_001));
    expect(() => [...readPackages(bytes, 'an index', () => undefined)]).toThrow(/more than 1000000 packages/);
  });
});

describe('the store', () => {
  test('has the highest version over the suites, by dpkg’s order, and says from which', async () => {
    await publishCandidates(dir(), [
      offers({
        bookworm: index(
          ['openssl', '3.0.9-1'],
          ['tzdata', '2024a-0+deb12u1', 'Architecture: all'],
          ['zlib1g', '1:1.2.13-1'],
        ),
        'bookworm-updates': index(['tzdata', '2026b-0+deb12u1', 'Architecture: all'], ['zlib1g', '1.3-1']),
        'bookworm-security': index(['openssl', '3.0.9-1+deb12u1'], ['openssl', '3.0.9-1~deb12u9']),
      }),
    ]);
    const store = await open();
    const said = (name: string) => `${store.candidate(KEY, name)?.version} ${store.candidate(KEY, name)?.suite}`;
    expect(['openssl', 'tzdata', 'zlib1g'].map(said)).toEqual([
      '3.0.9-1+deb12u1 bookworm-security',
      '2026b-0+deb12u1 bookworm-updates',
      '1:1.2.13-1 bookworm',
    ]);
    expect(store.candidate(KEY, 'curl')).toBeNull();
    expect(store.candidatesDate(KEY)).toBe('2026-08-01T00:00:00.000Z');
    expect(store.candidatesDate(candidatesKey({ ...TARGET, architecture: 'arm64' }))).toBeUndefined();
    expect(store.ecosystems).toEqual([]);
    expect(store.sources).toMatchObject([{ name: 'candidates:debian:12:amd64', records: 3 }]);
  });

  test('keeps one release and architecture beside another, and the same bytes are the same snapshot', async () => {
    const both = () => [
      offers({ bookworm: index(['a', '1']) }),
      offers({ bookworm: index(['a', '2', 'Architecture: arm64']) }, null, { ...TARGET, architecture: 'arm64' }),
    ];
    const first = await publishCandidates(dir(), both());
    const second = await publishCandidates(dir(), both());
    expect(second.snapshot).toBe(first.snapshot);
    const store = await open();
    expect(store.candidate(KEY, 'a')?.version).toBe('1');
    expect(store.candidate(candidatesKey({ ...TARGET, architecture: 'arm64' }), 'a')?.version).toBe('2');
  });

  test.each<[string, RegExp, () => Offers]>([
    [
      'one suite is older than what is here',
      /bookworm-security is of 2026-07-01.*in use of 2026-08-01/,
      () => {
        const all = offers({ bookworm: index(['a', '1']) }, '2026-08-09T00:00:00.000Z');
        all.add({ name: 'bookworm-security', date: '2026-07-01T00:00:00.000Z' }, index(['a', '1.1']), 'x');
        return all;
      },
    ],
    ['half of the packages are gone', /may be cut off/, () => offers({ bookworm: index(['a', '1']) })],
    [
      'it is of another architecture',
      /built for arm64/,
      () => offers({ bookworm: index(['a', '1', 'Architecture: arm64']) }),
    ],
    ['it is empty', /no package is listed/, () => offers({ bookworm: Buffer.alloc(0) })],
    [
      'much of it is damaged',
      /damaged: 2 stanzas/,
      () => offers({ bookworm: index(['a', '1'], ['b', '1'], ['c', '1'], ['D', '1'], ['E', '1']) }),
    ],
  ])('stays as it was when %s', async (_, reason, next) => {
    await publishCandidates(dir(), [
      offers({ bookworm: index(['a', '1'], ['b', '1'], ['c', '1']), 'bookworm-security': index(['a', '1.1']) }),
    ]);
    const before = (await open()).snapshot;
    expect((await failure(publishCandidates(dir(), [next()]))).message).toMatch(reason);
    expect((await open()).snapshot).toBe(before);
  });

  test('hands its candidates on with the rest: the same snapshot, and only shards that are missing', async () => {
    await publishCandidates(dir(), [offers({ bookworm: index(['a', '1']) })]);
    const other = join(root(), 'other');
    const take = async () => {
      const { bytes, digest } = await readSnapshotParts(dir());
      const taken = await takeSnapshot(other, bytes, (shard) => packShard(dir(), shard));
      return { fetched: taken.fetched, same: digest === (await open()).snapshot };
    };
    expect(await take()).toEqual({ fetched: 1, same: true });
    await importAdvisories(dir(), 'epss', file('epss.csv', 'cve,epss,percentile\nCVE-2026-0001,0.1,0.2\n'));
    expect(await take()).toEqual({ fetched: 1, same: true });
    const store = await openAdvisoryStore(other);
    expect(store.candidate(KEY, 'a')).toEqual({ version: '1', suite: 'bookworm' });
    expect(store.candidatesDate(KEY)).toBe('2026-08-01T00:00:00.000Z');
    store.close();
    // And whoever took it knows what is older.
    expect(
      (await failure(publishCandidates(other, [offers({ bookworm: index(['a', '1']) }, '2026-07-01T00:00:00.000Z')])))
        .message,
    ).toMatch(/an older one is not taken/);
  });

  test('that gets other candidates says nothing else of any hole', async () => {
    await importAdvisories(
      dir(),
      'debian',
      file('tracker.json', {
        a: { 'CVE-2026-0001': { releases: { bookworm: { status: 'resolved', fixed_version: '2', urgency: 'high' } } } },
      }),
    );
    const before = await open();
    await publishCandidates(dir(), [offers({ bookworm: index(['a', '1']) })]);
    const between = await open();
    await publishCandidates(dir(), [offers({ bookworm: index(['a', '2'], ['b', '1']) })]);
    const after = await open();
    expect(new Set([before.snapshot, between.snapshot, after.snapshot]).size).toBe(3);
    expect([
      ...changesBetween(before, between),
      ...changesBetween(between, after),
      ...changesBetween(after, before),
    ]).toEqual([]);
  });
});

describe('files that somebody brought', () => {
  const bring = (path: string) =>
    importIndexes(dir(), path, TARGET, { codename: 'bookworm', components: ['main'], now: NOW });

  test('are told apart by the names that apt gives them', async () => {
    const lists = 'lists/deb.example_debian';
    file(`${lists}_dists_bookworm_InRelease`, 'Suite: oldstable\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n');
    file(`${lists}_dists_bookworm_main_binary-amd64_Packages`, index(['a', '1'], ['b', '1']));
    file(`${lists}_dists_bookworm_contrib_binary-amd64_Packages`, index(['a', '5']));
    file(`${lists}_dists_bookworm_main_binary-arm64_Packages`, index(['a', '6']));
    file(`${lists}_dists_bookworm-backports_main_binary-amd64_Packages`, index(['a', '7']));
    file(`${lists}_dists_trixie_main_binary-amd64_Packages`, index(['a', '8']));
    file(`${lists}-security_dists_bookworm-security_main_binary-amd64_Packages`, index(['a', '2']));
    file(`${lists}-security_dists_bookworm-security_InRelease`, 'Date: Sat, 11 Jul 2099 10:16:37 UTC\n');
    const result = await bring(join(root(), 'lists'));
    expect(result).toMatchObject({
      records: 2,
      date: '2026-07-11T10:16:37.000Z',
      suites: [
        { name: 'bookworm', date: '2026-07-11T10:16:37.000Z' },
        { name: 'bookworm-security', date: null },
      ],
    });
    expect((await open()).candidate(KEY, 'a')).toEqual({ version: '2', suite: 'bookworm-security' });
  });

  test('may be one file that is named as the archive names it', async () => {
    await bring(file('Packages', index(['a', '1'])));
    expect((await open()).candidate(KEY, 'a')).toEqual({ version: '1', suite: 'bookworm' });
    expect((await open()).candidatesDate(KEY)).toBeNull();
  });

  test('may be packed as apt and mirrors pack them', async () => {
    const [lists, text] = ['lists/deb.example_debian_dists_bookworm', index(['a', '1'])];
    const block = Buffer.alloc(4);
    block.writeUInt32LE((0x80000000 | text.length) >>> 0);
    const lz4 = Buffer.concat([Buffer.from('04224d18604082', 'hex'), block, text, Buffer.alloc(4)]);
    file(`${lists}_main_binary-amd64_Packages.lz4`, lz4);
    file(`${lists}-updates_main_binary-amd64_Packages.gz`, gzipSync(index(['b', '1'])));
    file(`${lists}-security_main_binary-amd64_Packages.xz`, Buffer.from('packed'));
    const options = { codename: 'bookworm', components: ['main'], now: NOW };
    expect((await failure(importIndexes(dir(), join(root(), 'lists'), TARGET, options))).message).toMatch(
      /packed with xz/,
    );
    const unxz = async (bytes: Buffer) => index(['c', bytes.toString() === 'packed' ? '2' : '0']);
    expect((await importIndexes(dir(), join(root(), 'lists'), TARGET, { ...options, unxz })).suites).toHaveLength(3);
    const store = await open();
    expect(['a', 'b', 'c'].map((name) => store.candidate(KEY, name)?.version)).toEqual(['1', '1', '2']);
  });

  test('without an index of the release are refused', async () => {
    mkdirSync(join(root(), 'empty'));
    expect((await failure(bring(join(root(), 'empty')))).message).toMatch(/no index of packages of bookworm for amd64/);
  });
});

describe('a scan', () => {
  const deb = (name: string, version: string, more: Partial<Package> = {}) =>
    packageOf('deb', name, version, { architecture: 'amd64', ...more });
  const libssl = deb('libssl3', '3.0.9-1', { sourceName: 'openssl', sourceVersion: '3.0.9-1' });
  const kernel = deb('linux-image-6.1.0-9-amd64', '6.1.27-1', {
    sourceName: 'linux-signed-amd64',
    sourceVersion: '6.1.27+1',
  });
  const packages = [
    libssl,
    kernel,
    deb('tzdata', '2024a-0', { architecture: 'all' }),
    deb('bash', '5.2.15-2+b2', { sourceName: 'bash', sourceVersion: '5.2.15-2' }),
    deb('local', '9'),
    deb('ahead', '3'),
    deb('other', '1', { architecture: 'i386' }),
    deb('odd', 'not a version'),
    packageOf('npm', 'bash', '1.0.0'),
  ];
  const findings = [
    findingOf('CVE-2026-0001', libssl, { fixedVersion: '3.0.22-1~deb12u2' }),
    findingOf('CVE-2026-0002', libssl, { fixedVersion: '3.0.23-1' }),
    findingOf('CVE-2026-0003', libssl),
    findingOf('CVE-2026-0004', kernel, { fixedVersion: '6.1.28-1' }),
  ];
  const scan = async (of: Pick<ImageScan, 'packages' | 'findings'>, distribution: Distribution | null = BOOKWORM) => {
    await publishCandidates(dir(), [
      offers({
        bookworm: index(
          ['libssl3', '3.0.22-1~deb12u2', 'Architecture: amd64\nSource: openssl'],
          ['linux-image-6.1.0-9-amd64', '6.1.28-1', 'Architecture: amd64\nSource: linux-signed-amd64 (6.1.28+1)'],
          ['tzdata', '2026b-0', 'Architecture: all'],
          ['bash', '5.2.15-2+b2', 'Architecture: amd64\nSource: bash (5.2.15-2)'],
          ['ahead', '2'],
          ['other', '2'],
          ['odd', '2'],
        ),
      }),
    ]);
    return withCandidates(of, distribution, await open());
  };

  test('says of each package what is offered now and whether it is newer, and null where that is not known', async () => {
    const result = await scan({ packages, findings });
    expect(result.packages.map((one) => [one.name, one.candidate, one.outdated])).toEqual([
      ['libssl3', '3.0.22-1~deb12u2', true],
      ['linux-image-6.1.0-9-amd64', '6.1.28-1', true],
      ['tzdata', '2026b-0', true],
      ['bash', '5.2.15-2+b2', false],
      ['local', null, null],
      ['ahead', '2', false],
      ['other', null, null],
      ['odd', '2', false],
      ['bash', null, null],
    ]);
    expect(result.candidates).toEqual([
      { release: 'debian:12', architecture: 'amd64', date: '2026-08-01T00:00:00.000Z' },
    ]);
  });

  test('says of a finding whether what is offered now has the fix, in the version that the advisory counts', async () => {
    const result = await scan({ packages, findings });
    expect(result.findings.map((one) => `${one.id} ${one.fixCandidate}`)).toEqual([
      'CVE-2026-0001 3.0.22-1~deb12u2',
      'CVE-2026-0002 null',
      'CVE-2026-0003 null',
      'CVE-2026-0004 6.1.28-1',
    ]);
  });

  test('lists as outdated only what no fix explains', async () => {
    expect(outdatedPackages(await scan({ packages, findings })).map((one) => one.name)).toEqual(['tzdata']);
    expect(outdatedPackages(await scan({ packages, findings: findings.slice(1, 3) })).map((one) => one.name)).toEqual([
      'libssl3',
      'linux-image-6.1.0-9-amd64',
      'tzdata',
    ]);
  });

  test.each<[string, Distribution | null]>([
    ['another release', { ...BOOKWORM, version: '13', codename: 'trixie' }],
    ['another distribution', { ...BOOKWORM, id: 'ubuntu' }],
    ['no distribution', null],
  ])('of %s knows no candidate', async (_, distribution) => {
    const result = await scan({ packages, findings }, distribution);
    expect(result.packages.every((one) => one.candidate === null && one.outdated === null)).toBe(true);
    expect(result.candidates).toEqual([]);
  });
});
