/** From packages and advisories to findings, and to what no source answers for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Distribution, Finding, type Inventory, type Package } from '@pratique/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importAdvisories } from './advisories/import.ts';
import { ensureSeed } from './advisories/seed.ts';
import { type AdvisoryStore, openAdvisoryStore } from './advisories/store.ts';
import { type MatchResult, matchInventory } from './match.ts';
import { packageOf as pkg } from './package.fixture.ts';

const DEBIAN: Distribution = { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian 12' };
const root = mkdtempSync(join(tmpdir(), 'match-'));
let store: AdvisoryStore;

function match(packages: Package[], distribution: Distribution | null = DEBIAN): MatchResult {
  const inventory: Inventory = { revision: 1, distribution, packages, files: [], missing: [] };
  return matchInventory(inventory, store);
}

const brief = ({ findings }: MatchResult): string[] =>
  findings.map((each) => `${each.package.name} ${each.id} ${each.status} ${each.fixedVersion ?? '-'}`);

beforeAll(async () => {
  const resolved = (version: string): unknown => ({
    releases: { bookworm: { status: 'resolved', fixed_version: version }, trixie: { status: 'open' } },
  });
  const put = async (source: Parameters<typeof importAdvisories>[1], content: unknown): Promise<void> => {
    const path = join(root, 'feed.json');
    writeFileSync(path, JSON.stringify(content));
    await importAdvisories(join(root, 'store'), source, path);
  };
  const affects = (ecosystem: string, name: string, fixed: string): unknown => ({
    package: { ecosystem, name },
    ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
  });
  await put('debian', {
    openssl: {
      'CVE-2026-0001': resolved('3.0.16-1~deb12u1'),
      'CVE-2026-0002': { releases: { bookworm: { status: 'open', nodsa: 'Minor issue' } } },
    },
    linux: { 'CVE-2026-0003': resolved('6.1.100-1') },
    odd: { 'CVE-2026-0004': resolved('not a version!') },
  });
  await put('kev', { catalogVersion: '1', vulnerabilities: [{ cveID: 'CVE-2026-0001' }] });
  await put('alpine', {
    distroversion: 'v3.20',
    packages: [{ pkg: { name: 'busybox', secfixes: { '1.36.1-r30': ['CVE-2026-0005'] } } }],
  });
  await put('osv', [
    { id: 'GHSA-a', aliases: ['CVE-2026-0006'], affected: [affects('PyPI', 'jinja2', '3.1.6')] },
    { id: 'PYSEC-a', aliases: ['GHSA-a'], affected: [affects('PyPI', 'jinja2', '3.1.5')] },
    { id: 'GHSA-b', affected: [affects('PyPI', 'jinja2', '3.1.6')] },
    {
      id: 'ALSA-1',
      summary: 'Low: x',
      related: ['CVE-2026-0007', 'CVE-2026-0008'],
      affected: [affects('AlmaLinux:9', 'curl', '7.76.1-30.el9')],
    },
  ]);
  store = await openAdvisoryStore(join(root, 'store'));
});
afterAll(() => {
  store.close();
  rmSync(root, { recursive: true, force: true });
});

test('Debian packages are matched by source name and source version, with evidence', () => {
  const result = match([
    pkg('deb', 'libssl3', '3.0.15-1~deb12u1+b1', { sourceName: 'openssl', sourceVersion: '3.0.15-1~deb12u1' }),
  ]);
  expect(result.uncovered).toEqual([]);
  expect(brief(result)).toEqual([
    'libssl3 CVE-2026-0001 affected 3.0.16-1~deb12u1',
    'libssl3 CVE-2026-0002 will-not-fix -',
  ]);
  expect(result.findings[0]).toMatchObject({
    exploited: true,
    severity: 'unknown',
    evidence: {
      source: 'debian',
      advisory: 'CVE-2026-0001',
      comparison: 'openssl 3.0.15-1~deb12u1 < 3.0.16-1~deb12u1 (deb)',
      severitySource: null,
      snapshot: store.snapshot,
    },
  });
  expect(result.findings[1]?.evidence.comparison).toBe('openssl 3.0.15-1~deb12u1, no fixed version known (deb)');
  for (const finding of result.findings) expect(Finding.safeParse(finding).success).toBe(true);
});

test.each<[string, Package, Distribution | null, string[]]>([
  [
    'the fixed version itself is clean of that hole',
    pkg('deb', 'openssl', '3.0.16-1~deb12u1'),
    DEBIAN,
    ['openssl CVE-2026-0002 will-not-fix -'],
  ],
  [
    'another release has other data',
    pkg('deb', 'openssl', '3.0.16-1~deb12u1'),
    { ...DEBIAN, version: '13', codename: 'trixie' },
    ['openssl CVE-2026-0001 affected -'],
  ],
  [
    'a point release is its release',
    pkg('deb', 'openssl', '3.0.1-1'),
    { ...DEBIAN, version: '12.5' },
    ['openssl CVE-2026-0001 affected 3.0.16-1~deb12u1', 'openssl CVE-2026-0002 will-not-fix -'],
  ],
  [
    'a meta package raises nothing: what it depends on speaks for itself',
    pkg('deb', 'python3', '3.11.2-1+b1', { sourceName: 'python3-defaults', sourceVersion: '3.11.2-1' }),
    DEBIAN,
    [],
  ],
  [
    'what a lock file marks as for development raises nothing',
    pkg('pypi', 'jinja2', '3.0.0', { purl: 'pkg:pypi/jinja2@3.0.0?scope=development' }),
    null,
    [],
  ],
  ['a key that rpm keeps as a package raises nothing', pkg('rpm', 'gpg-pubkey', 'b86b3716-61e69f29'), DEBIAN, []],
  ['kernel headers raise nothing', pkg('deb', 'linux-libc-dev', '6.1.90-1', { sourceName: 'linux' }), DEBIAN, []],
  [
    'a kernel does, by the version that was signed',
    pkg('deb', 'linux-image-6.1.0-21-amd64', '6.1.90-1', {
      sourceName: 'linux-signed-amd64',
      sourceVersion: '6.1.90+1',
    }),
    DEBIAN,
    ['linux-image-6.1.0-21-amd64 CVE-2026-0003 affected 6.1.100-1'],
  ],
  [
    'a comparison that cannot be made is unknown, not clean',
    pkg('deb', 'odd', '1.0'),
    DEBIAN,
    ['odd CVE-2026-0004 unknown -'],
  ],
  [
    'Alpine packages are matched by origin',
    pkg('apk', 'ssl_client', '1.36.1-r29', { sourceName: 'busybox' }),
    { id: 'alpine', version: '3.20.3', codename: null, name: 'Alpine' },
    ['ssl_client CVE-2026-0005 affected 1.36.1-r30'],
  ],
  [
    'an erratum is a finding for each CVE',
    pkg('rpm', 'curl', '7.76.1-29.el9'),
    { id: 'almalinux', version: '9.4', codename: null, name: 'AlmaLinux' },
    ['curl CVE-2026-0007 affected 7.76.1-30.el9', 'curl CVE-2026-0008 affected 7.76.1-30.el9'],
  ],
  [
    'several sources of one hole are one finding, a hole without a CVE keeps its own id',
    pkg('pypi', 'Jinja2', '3.1.4'),
    null,
    ['Jinja2 CVE-2026-0006 affected 3.1.6', 'Jinja2 GHSA-b affected 3.1.6'],
  ],
  [
    'what a distribution package owns is left to the distribution',
    pkg('pypi', 'Jinja2', '3.1.4', { owner: 'pkg:deb/debian/python3-jinja2@3.1.2-1' }),
    DEBIAN,
    [],
  ],
])('%s', (_name, each, distribution, expected) => {
  const result = match([each], distribution);
  expect(brief(result)).toEqual(expected);
  expect(result.uncovered).toEqual([]);
});

test("where a distribution's feed and a copy of it differ, the distribution's own word stands", async () => {
  const dir = join(root, 'both');
  const path = join(root, 'both.json');
  writeFileSync(
    path,
    JSON.stringify({ x: { 'CVE-2026-0001': { releases: { bookworm: { status: 'open', nodsa: 'Minor issue' } } } } }),
  );
  await importAdvisories(dir, 'debian', path);
  const affected = [
    { package: { ecosystem: 'Debian:12', name: 'x' }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }] },
  ];
  writeFileSync(path, JSON.stringify({ id: 'DEBIAN-CVE-2026-0001', upstream: ['CVE-2026-0001'], affected }));
  await importAdvisories(dir, 'osv', path);
  const both = await openAdvisoryStore(dir);
  const inventory: Inventory = {
    revision: 1,
    distribution: DEBIAN,
    packages: [pkg('deb', 'x', '1')],
    files: [],
    missing: [],
  };
  expect(brief(matchInventory(inventory, both))).toEqual(['x CVE-2026-0001 will-not-fix -']);
  both.close();
});

test('aliases of joined sources are kept', () => {
  expect(match([pkg('pypi', 'jinja2', '3.1.0')], null).findings[0]?.aliases).toEqual(['GHSA-a', 'PYSEC-a']);
});

describe('what no source answers for is uncovered, not clean', () => {
  test.each<[string, Package, Distribution | null, string, string]>([
    [
      'an ecosystem without data',
      pkg('npm', 'left-pad', '1.0.0'),
      DEBIAN,
      'npm',
      'no advisory source has data on it: left-pad',
    ],
    [
      'an ecosystem without a version order',
      pkg('maven', 'a:b', '1.0.0'),
      DEBIAN,
      'Maven',
      'no advisory source has data on it: a:b',
    ],
    [
      'a release without data',
      pkg('deb', 'openssl', '1.0'),
      { ...DEBIAN, version: '9' },
      'Debian:9',
      'no advisory source has data on it: openssl',
    ],
    [
      'a distribution nobody knows',
      pkg('deb', 'openssl', '1.0'),
      { ...DEBIAN, id: 'raspbian' },
      'raspbian:12',
      'no advisory source has data on this distribution: openssl',
    ],
    [
      'an image that names no distribution',
      pkg('apk', 'busybox', '1.0'),
      null,
      'apk',
      'the image does not say which distribution it is: busybox',
    ],
    [
      'a version that is no version',
      pkg('pypi', 'jinja2', 'git+https://x'),
      DEBIAN,
      'PyPI',
      'the version of these packages cannot be compared: jinja2',
    ],
    [
      'a program with the name that advisories give a package, by which nothing is guessed',
      pkg('generic', 'openssl', '1.0.1'),
      DEBIAN,
      'generic',
      'these packages belong to no ecosystem that has advisories: openssl',
    ],
    [
      'a package of no ecosystem',
      pkg('generic', 'thing', '1.0'),
      DEBIAN,
      'generic',
      'these packages belong to no ecosystem that has advisories: thing',
    ],
  ])('%s', (_name, each, distribution, ecosystem, reason) => {
    expect(match([each], distribution)).toEqual({ findings: [], uncovered: [{ ecosystem, packages: 1, reason }] });
  });

  test('a version that is no version matters only where an advisory names the package', () => {
    expect(match([pkg('pypi', 'own-shop', '(devel)')])).toEqual({ findings: [], uncovered: [] });
  });

  test('many are counted, some are named', () => {
    const { uncovered } = match(Array.from({ length: 30 }, (_, at) => pkg('npm', `p${at}`, '1.0.0')));
    expect(uncovered).toHaveLength(1);
    expect(uncovered[0]).toMatchObject({ packages: 30, reason: expect.stringMatching(/ and 10 more$/) });
  });
});

test('what is for development alone counts where it is asked for', () => {
  const tool = pkg('pypi', 'jinja2', '3.0.0', { purl: 'pkg:pypi/jinja2@3.0.0?scope=development' });
  const inventory: Inventory = { revision: 1, distribution: null, packages: [tool], files: [], missing: [] };
  expect(matchInventory(inventory, store).findings).toEqual([]);
  expect(matchInventory(inventory, store, { development: true }).findings.length).toBeGreaterThan(0);
});

test('the order of packages does not change the findings', () => {
  const packages = [
    pkg('deb', 'openssl', '3.0.1-1'),
    pkg('deb', 'libssl3', '3.0.1-1', { sourceName: 'openssl' }),
    pkg('pypi', 'jinja2', '3.0.0'),
  ];
  expect(match([...packages].reverse())).toEqual(match(packages));
});

describe('the seed', () => {
  const dir = join(root, 'seeded');
  test('is published once, gives way to what is imported, and answers for Debian', async () => {
    await ensureSeed(dir);
    const first = await openAdvisoryStore(dir);
    expect(first.ecosystems).toEqual(
      expect.arrayContaining(['AlmaLinux:9', 'Debian:11', 'Debian:12', 'Debian:13', 'Go', 'PyPI', 'crates.io']),
    );
    expect(first.sources.every((source) => source.records > 100 && source.licence !== '' && source.date !== null)).toBe(
      true,
    );
    // CVE-2024-6119 was fixed in Debian 12 by 3.0.14-1~deb12u2 (DSA-5764-1).
    const inventory: Inventory = {
      revision: 1,
      distribution: DEBIAN,
      packages: [pkg('deb', 'openssl', '3.0.14-1~deb12u1')],
      files: [],
      missing: [],
    };
    expect(brief(matchInventory(inventory, first))).toContain('openssl CVE-2024-6119 affected 3.0.14-1~deb12u2');
    // A source whose changelog was not read is not clean.
    const unread = matchInventory({ ...inventory, packages: [pkg('deb', '389-ds-base', '1')] }, first);
    expect(unread.uncovered).toEqual([
      {
        ecosystem: 'Debian:12',
        packages: 1,
        reason: 'the advisory source says nothing of these packages: 389-ds-base',
      },
    ]);
    await ensureSeed(dir);
    const second = await openAdvisoryStore(dir);
    expect(second.snapshot).toBe(first.snapshot);
    const path = join(root, 'kev.json');
    writeFileSync(path, JSON.stringify({ catalogVersion: '2', vulnerabilities: [{ cveID: 'CVE-2026-0001' }] }));
    const { snapshot } = await importAdvisories(dir, 'kev', path);
    await ensureSeed(dir);
    const third = await openAdvisoryStore(dir);
    expect(third.snapshot).toBe(snapshot);
    for (const each of [first, second, third]) each.close();
  });
});
