import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importAdvisories } from './import.ts';
import { useStore } from './store.fixture.ts';

const { root, dir, open, file } = useStore();

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
      dir(),
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
      dir(),
      'debian',
      file('d.json', { x: { 'CVE-2026-1': { releases: { sid: { status: 'open' } } } } }),
    );
    expect((await open()).ecosystems).toEqual(['Debian:sid']);
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
  await importAdvisories(dir(), 'alpine', file('main.json', db));
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
  const folder = join(root(), 'crates');
  file(
    'crates/x/RUSTSEC-2026-0001.md',
    advisory('RUSTSEC-2026-0001', '', 'patched = ["^1.2.5", ">= 2.0.1"]\nunaffected = ["< 1.0.0"]'),
  );
  file('crates/x/RUSTSEC-2026-0002.md', advisory('RUSTSEC-2026-0002', '', 'patched = []\nunaffected = ["> 3.0.0"]'));
  file(
    'crates/x/RUSTSEC-2026-0003.md',
    advisory('RUSTSEC-2026-0003', 'informational = "unmaintained"', 'patched = []'),
  );
  expect(await importAdvisories(dir(), 'rustsec', folder)).toMatchObject({ records: 2, skipped: 1 });
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
    dir(),
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

test('scores of how likely an attack is are looked up by CVE; lines that are none are named', async () => {
  const result = await importAdvisories(
    dir(),
    'epss',
    file(
      'epss.csv',
      '#model_version:v2025.03.14,score_date:2026-01-02T00:00:00+0000\ncve,epss,percentile\n' +
        Array.from({ length: 60 }, (_, n) => `CVE-2026-${2000 + n},0.5,0.9\n`).join('') +
        'CVE-2026-1234,0.91963,0.99214\nCVE-2026-1235,1.5,0.9\n',
    ),
  );
  expect(result).toMatchObject({ records: 61, invalid: 1 });
  const store = await open();
  expect(store.likelihood('CVE-2026-1234')).toEqual({ probability: 0.91963, percentile: 0.99214 });
  expect(store.likelihood('CVE-2026-1235')).toBeNull();
  expect(store.ecosystems).toEqual([]);
  expect(store.sources).toMatchObject([{ name: 'epss', date: '2026-01-02T00:00:00.000Z', records: 61 }]);
  await expect(importAdvisories(dir(), 'epss', file('other.csv', 'cve,score\n'))).rejects.toThrow(/columns are not/);
});
