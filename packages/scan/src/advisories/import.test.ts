/** Importers on the forms upstream publishes, and the store they publish into. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tar } from '@pratique/oci/layers/tar-fixture';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScanError } from '../error.ts';
import { changesBetween } from './changes.ts';
import { type FeedSource, importAdvisories } from './import.ts';
import { type AdvisoryStore, openAdvisoryStore } from './store.ts';

let root = '';
let dir = '';
let opened: AdvisoryStore[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'advisories-'));
  dir = join(root, 'store');
});
afterEach(() => {
  for (const store of opened) store.close();
  opened = [];
  rmSync(root, { recursive: true, force: true });
});

async function open(): Promise<AdvisoryStore> {
  const store = await openAdvisoryStore(dir);
  opened.push(store);
  return store;
}

function file(name: string, content: unknown): string {
  const path = join(root, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return path;
}

async function failure(work: Promise<unknown>): Promise<ScanError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ScanError);
  return error as ScanError;
}

const osv = (
  id: string,
  name: string,
  more: Record<string, unknown> = {},
  ecosystem = 'npm',
): Record<string, unknown> => ({
  id,
  modified: '2026-01-01T00:00:00Z',
  affected: [
    { package: { ecosystem, name }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.0' }] }] },
  ],
  ...more,
});

describe("the export of Debian's tracker", () => {
  const release = (state: Record<string, unknown>): Record<string, unknown> => ({
    releases: { bookworm: { repositories: {}, urgency: 'not yet assigned', ...state } },
  });
  test.each<[string, Record<string, unknown>, Record<string, unknown> | null]>([
    [
      'a fix',
      { status: 'resolved', fixed_version: '1.2-3' },
      {
        status: 'affected',
        ranges: [{ from: null, fixed: '1.2-3', last: null }],
        severity: 'unknown',
        severitySource: null,
      },
    ],
    ['never affected', { status: 'resolved', fixed_version: '0' }, null],
    [
      'no fix yet',
      { status: 'open', urgency: 'medium**' },
      {
        status: 'affected',
        ranges: [{ from: null, fixed: null, last: null }],
        severity: 'medium',
        severitySource: 'Debian urgency',
      },
    ],
    [
      'no advisory planned',
      { status: 'open', urgency: 'low', nodsa: 'Minor issue', nodsa_reason: '' },
      { status: 'will-not-fix', severity: 'low' },
    ],
    ['put off', { status: 'open', nodsa: 'Minor issue', nodsa_reason: 'postponed' }, { status: 'affected' }],
    [
      'announced for the next point release',
      { status: 'open', nodsa: 'Minor issue', nodsa_reason: '', next_point_update: true },
      { status: 'affected' },
    ],
    ['end of life', { status: 'open', urgency: 'end-of-life' }, { status: 'will-not-fix' }],
    ['unimportant', { status: 'open', urgency: 'unimportant' }, { status: 'affected', severity: 'negligible' }],
    ['undetermined', { status: 'undetermined' }, { status: 'unknown' }],
  ])('%s', async (_name, state, expected) => {
    await importAdvisories(
      dir,
      'debian',
      file('debian.json', {
        x: { 'CVE-2026-1': { description: 'Hole', ...release(state) }, 'CVE-2026-2': release({ status: 'open' }) },
      }),
    );
    const found = (await open()).lookup('Debian:12', 'x').find((each) => each.advisory === 'CVE-2026-1');
    if (expected === null) expect(found).toBeUndefined();
    else expect(found).toMatchObject({ source: 'debian', ids: ['CVE-2026-1'], title: 'Hole', ...expected });
  });

  test('a suite without a number is kept by its name', async () => {
    await importAdvisories(
      dir,
      'debian',
      file('d.json', { x: { 'CVE-2026-1': { releases: { sid: { status: 'open' } } } } }),
    );
    expect((await open()).ecosystems).toEqual(['Debian:sid']);
  });
});

describe('OSV records', () => {
  async function imported(
    record: Record<string, unknown>,
    ecosystem = 'npm',
  ): Promise<ReturnType<AdvisoryStore['lookup']>> {
    await importAdvisories(dir, 'osv', file('osv.json', [record, osv('X-1', 'filler')]));
    return (await open()).lookup(ecosystem, 'x');
  }
  test('events become ranges in version order, however they are written', async () => {
    const events = [
      { fixed: '2.0.5' },
      { introduced: '2.0.0' },
      { fixed: '1.0.10' },
      { introduced: '1.0.9' },
      { introduced: '3.0.0' },
      { last_affected: '3.1.0' },
      { introduced: '4.0.0' },
    ];
    const [found] = await imported({
      ...osv('GHSA-1', 'x'),
      affected: [
        {
          package: { ecosystem: 'npm', name: 'x' },
          ranges: [
            { type: 'SEMVER', events },
            { type: 'GIT', events: [{ introduced: '0' }] },
          ],
        },
      ],
    });
    expect(found?.ranges).toEqual([
      { from: '1.0.9', fixed: '1.0.10', last: null },
      { from: '2.0.0', fixed: '2.0.5', last: null },
      { from: '3.0.0', fixed: null, last: '3.1.0' },
      { from: '4.0.0', fixed: null, last: null },
    ]);
  });

  test('the CVE is the id, the other names are aliases', async () => {
    expect((await imported(osv('GHSA-1', 'x', { aliases: ['CVE-2026-9', 'GO-1'] })))[0]).toMatchObject({
      ids: ['CVE-2026-9'],
      aliases: ['GHSA-1', 'GO-1'],
      advisory: 'GHSA-1',
    });
  });

  test.each<[string, Record<string, unknown>, string, string | null]>([
    [
      'the newest vector',
      {
        severity: [
          { type: 'CVSS_V2', score: 'AV:N/AC:L/Au:N/C:N/I:N/A:P' },
          { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
        ],
      },
      'critical',
      'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H (9.8)',
    ],
    [
      'a vector of version 4',
      { severity: [{ type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N' }] },
      'medium',
      'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N (6.9)',
    ],
    [
      "the source's own word where there is no vector",
      { database_specific: { severity: 'MODERATE' } },
      'medium',
      'severity in GHSA-1',
    ],
    ['nothing', { severity: [{ type: 'CVSS_V3', score: 'rubbish' }] }, 'unknown', null],
  ])('severity comes from %s', async (_name, more, severity, severitySource) => {
    expect((await imported(osv('GHSA-1', 'x', more)))[0]).toMatchObject({ severity, severitySource });
  });

  test('an erratum is one finding for each CVE, with its own rating; one without a CVE is none', async () => {
    const ecosystem = {
      affected: [
        {
          package: { ecosystem: 'AlmaLinux:9', name: 'x' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1-2.el9' }] }],
        },
      ],
    };
    const erratum = {
      id: 'ALSA-2026:1',
      summary: 'Important: x security update',
      related: ['CVE-2026-2', 'CVE-2026-1'],
      ...ecosystem,
    };
    await importAdvisories(
      dir,
      'osv',
      file('errata.json', [erratum, { ...erratum, id: 'ALBA-2026:2', related: [], summary: 'x bug fix' }]),
    );
    const found = (await open()).lookup('AlmaLinux:9', 'x');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      ids: ['CVE-2026-1', 'CVE-2026-2'],
      advisory: 'ALSA-2026:1',
      severity: 'high',
      severitySource: 'rating in ALSA-2026:1',
    });
  });

  test('withdrawn records are passed over, listed versions beyond the ranges are kept', async () => {
    const affected = [
      {
        package: { ecosystem: 'npm', name: 'x' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.0' }] }],
        versions: ['0.9.0', '7.0.0'],
      },
    ];
    expect((await imported({ ...osv('A-1', 'x'), affected }))[0]?.versions).toEqual(['7.0.0']);
    expect(await imported(osv('A-1', 'x', { withdrawn: '2026-01-02T00:00:00Z' }))).toEqual([]);
  });

  const yaml =
    'id: PYSEC-1\naffected:\n- package: {name: My_Package, ecosystem: PyPI}\n  ranges:\n  - type: ECOSYSTEM\n    events: [{introduced: "0"}, {fixed: 1.10}]\n';
  test('YAML versions stay text, names are compared as PyPI does', async () => {
    await importAdvisories(dir, 'osv', file('p.yaml', yaml));
    expect((await open()).lookup('PyPI', 'my.package')[0]?.ranges[0]?.fixed).toBe('1.10');
  });

  test('YAML that refers to itself is refused', async () => {
    const bomb = `a: &a [x, x]\nb: &b [*a, *a]\nid: [*b, *b]\n`;
    expect((await failure(importAdvisories(dir, 'osv', file('p.yaml', bomb)))).message).toContain('aliases');
  });

  test.each<[string, (record: Buffer) => Buffer]>([
    ['osv.tar', (record) => tar({ path: 'a/x.json', content: record }, { path: 'README', content: 'no' })],
    ['osv.tar.gz', (record) => gzipSync(tar({ path: 'x.json', content: record }))],
    ['osv.tar.zst', (record) => zstdCompressSync(tar({ path: 'x.json', content: record }))],
    ['osv.json.gz', (record) => gzipSync(record)],
    ['osv.json.zst', (record) => zstdCompressSync(record)],
    ['vulns.json', (record) => Buffer.from(`{"vulns": [${record.toString()}]}`)],
  ])('a feed may come as %s', async (name, pack) => {
    expect(
      await importAdvisories(dir, 'osv', file(name, pack(Buffer.from(JSON.stringify(osv('A-1', 'x')))))),
    ).toMatchObject({ records: 1, invalid: 0 });
  });

  test('a feed may come as a zip archive, and a damaged one is refused', async (ctx) => {
    if (spawnSync('python3', ['-V']).status !== 0)
      return ctx.skip('python3, which makes the archive, is not installed');
    file('in/x.json', osv('A-1', 'x'));
    file('in/y.json', osv('A-2', 'y'));
    const zip = join(root, 'all.zip');
    execFileSync('python3', ['-m', 'zipfile', '-c', zip, join(root, 'in')]);
    expect(await importAdvisories(dir, 'osv', zip)).toMatchObject({ records: 2 });
    truncateSync(zip, 150);
    expect((await failure(importAdvisories(dir, 'osv', zip))).code).toBe('feed-invalid');
  });
});

test("Alpine's database: several names of a hole, several holes in a line, and what was never affected", async () => {
  const db = {
    distroversion: 'v3.20',
    reponame: 'main',
    packages: [
      {
        pkg: {
          name: 'xen',
          secfixes: { '4.7-r1': ['CVE-2016-6258 XSA-182', 'CVE-2016-1 CVE-2016-2', 'free text'], '0': ['CVE-2020-9'] },
        },
      },
      { pkg: { name: 'none', secfixes: null } },
    ],
  };
  await importAdvisories(dir, 'alpine', file('main.json', db));
  const found = (await open()).lookup('Alpine:v3.20', 'xen');
  expect(found.map(({ ids, aliases }) => [ids[0], aliases])).toEqual([
    ['CVE-2016-6258', ['XSA-182']],
    ['CVE-2016-1', []],
    ['CVE-2016-2', []],
  ]);
  expect(found[0]?.ranges).toEqual([{ from: null, fixed: '4.7-r1', last: null }]);
});

test('RustSec: patched and unaffected requirements are turned inside out; notices are passed over', async () => {
  const advisory = (id: string, more: string, versions: string): string =>
    `\`\`\`toml\n[advisory]\nid = "${id}"\npackage = "x"\ndate = "2026-01-01"\naliases = ["CVE-2026-7"]\ncvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"\n${more}\n\n[versions]\n${versions}\n\`\`\`\n\n# A title\n\ntext\n`;
  const folder = join(root, 'crates');
  file(
    'crates/x/RUSTSEC-2026-0001.md',
    advisory('RUSTSEC-2026-0001', '', 'patched = ["^1.2.5", ">= 2.0.1"]\nunaffected = ["< 1.0.0"]'),
  );
  file('crates/x/RUSTSEC-2026-0002.md', advisory('RUSTSEC-2026-0002', '', 'patched = []\nunaffected = ["> 3.0.0"]'));
  file(
    'crates/x/RUSTSEC-2026-0003.md',
    advisory('RUSTSEC-2026-0003', 'informational = "unmaintained"', 'patched = []'),
  );
  expect(await importAdvisories(dir, 'rustsec', folder)).toMatchObject({ records: 2, skipped: 1 });
  const [first, second] = (await open()).lookup('crates.io', 'x');
  expect(first).toMatchObject({
    ids: ['CVE-2026-7'],
    aliases: ['RUSTSEC-2026-0001'],
    severity: 'high',
    title: 'A title',
  });
  expect(first?.ranges).toEqual([
    { from: '1.0.0', fixed: '1.2.5', last: null },
    { from: '2.0.0', fixed: '2.0.1', last: null },
  ]);
  expect(second?.ranges).toEqual([{ from: null, fixed: null, last: '3.0.0' }]);
});

test('the catalogue of exploited holes is looked up by CVE', async () => {
  await importAdvisories(
    dir,
    'kev',
    file('kev.json', {
      catalogVersion: '1',
      dateReleased: '2026-01-02T00:00:00Z',
      vulnerabilities: [{ cveID: 'CVE-2026-1234', vulnerabilityName: 'x' }],
    }),
  );
  const store = await open();
  expect([store.exploited('CVE-2026-1234'), store.exploited('CVE-2026-1235')]).toEqual([true, false]);
  expect(store.sources).toEqual([{ name: 'kev', date: '2026-01-02T00:00:00.000Z', records: 1, licence: 'CC0-1.0' }]);
});

describe('the store', () => {
  test('feeds stand side by side, one replaces its namesake, and an open store does not change', async () => {
    await importAdvisories(dir, 'osv', file('a.json', osv('A-1', 'x')));
    const before = await open();
    await importAdvisories(dir, 'osv', file('b.json', osv('B-1', 'x', {}, 'Go')));
    await importAdvisories(dir, 'osv', file('a.json', osv('A-2', 'x')));
    const after = await open();
    expect(before.lookup('npm', 'x').map((each) => each.advisory)).toEqual(['A-1']);
    expect(after.lookup('npm', 'x').map((each) => each.advisory)).toEqual(['A-2']);
    expect(after.ecosystems).toEqual(['Go', 'npm']);
    expect(changesBetween(before, after)).toEqual([
      { ecosystem: 'Go', names: ['x'] },
      { ecosystem: 'npm', names: ['x'] },
    ]);
    expect(changesBetween(after, await open())).toEqual([]);
  });

  test('the same data gives the same snapshot', async () => {
    const first = await importAdvisories(dir, 'osv', file('a.json', [osv('A-1', 'x'), osv('A-2', 'y')]));
    const second = await importAdvisories(
      join(root, 'other'),
      'osv',
      file('a.json', [osv('A-1', 'x'), osv('A-2', 'y')]),
    );
    expect(second.snapshot).toBe(first.snapshot);
  });

  test('thousands of names are all found again, and no others', async () => {
    const records = Array.from({ length: 3000 }, (_, at) => osv(`A-${at}`, `package-${at}`));
    await importAdvisories(dir, 'osv', file('many.json', records));
    const store = await open();
    for (const at of [0, 1, 1499, 2999])
      expect(store.lookup('npm', `package-${at}`).map((each) => each.advisory)).toEqual([`A-${at}`]);
    expect(records.every((_, at) => store.lookup('npm', `package-${at}`).length === 1)).toBe(true);
    expect(store.lookup('npm', 'package-3000')).toEqual([]);
  });

  test('publishers at the same time lose nothing', async () => {
    await Promise.all(
      ['npm', 'Go', 'PyPI', 'crates.io'].map((ecosystem, at) =>
        importAdvisories(dir, 'osv', file(`${at}.json`, osv(`A-${at}`, 'x', {}, ecosystem))),
      ),
    );
    expect((await open()).ecosystems).toEqual(['Go', 'PyPI', 'crates.io', 'npm']);
  });

  test.each<[string, FeedSource, unknown, string]>([
    ['no JSON', 'debian', 'not json', 'no export'],
    ['an error page', 'debian', '<html>', 'no export'],
    ['an empty object', 'debian', {}, 'holds no advisory'],
    ['another shape', 'debian', { x: [1, 2] }, 'no export'],
    ['a list of nothing', 'osv', [], 'holds no advisory'],
    ['no records', 'osv', { hello: 'world' }, 'no OSV record'],
    ['mostly rubbish', 'osv', [osv('A-1', 'x'), 1, 2, 3], 'is damaged'],
    ['another catalogue', 'kev', { vulnerabilities: 3 }, 'no catalogue'],
    ['another database', 'alpine', { packages: [] }, 'no Alpine'],
  ])('a feed that is %s (%s) is refused, and the last good snapshot stays', async (_name, source, content, text) => {
    await importAdvisories(dir, 'osv', file('good.json', osv('GOOD', 'x')));
    const { snapshot } = await open();
    const error = await failure(importAdvisories(dir, source, file('bad.json', content)));
    expect([error.code, error.message]).toEqual(['feed-invalid', expect.stringContaining(text)]);
    expect((await open()).snapshot).toBe(snapshot);
  });

  test('a feed that has lost half its records is refused unless that is said to be right', async () => {
    await importAdvisories(
      dir,
      'osv',
      file(
        'a.json',
        Array.from({ length: 10 }, (_, at) => osv(`A-${at}`, 'x')),
      ),
    );
    const path = file('a.json', [osv('A-1', 'x')]);
    expect((await failure(importAdvisories(dir, 'osv', path))).message).toContain('may be cut off');
    expect(await importAdvisories(dir, 'osv', path, { allowShrink: true })).toMatchObject({ records: 1 });
  });

  test('a missing feed, a missing store and a damaged store are said to be that', async () => {
    expect((await failure(importAdvisories(dir, 'osv', join(root, 'nowhere')))).code).toBe('feed-invalid');
    expect((await failure(open())).code).toBe('store-missing');
    await importAdvisories(dir, 'osv', file('a.json', osv('A-1', 'x')));
    const shard = join(dir, 'shards', readdirSync(join(dir, 'shards'))[0] ?? '');
    truncateSync(shard, 10);
    expect((await failure(open())).code).toBe('store-corrupt');
    const manifest = join(dir, 'snapshots', readdirSync(join(dir, 'snapshots'))[0] ?? '');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"npm"', '"nqm"'));
    expect((await failure(open())).message).toContain('has been changed');
  });
});
