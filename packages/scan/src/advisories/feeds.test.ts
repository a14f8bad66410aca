/** Feeds in their publishers' forms, through the store, to what is found in packages. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Distribution, Finding, Package } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { matchInventory } from '../match.ts';
import { packageOf as pkg } from '../package.fixture.ts';
import { type FeedSource, importAdvisories } from './import.ts';
import { failure, useStore } from './store.fixture.ts';

const { root, dir, open, file } = useStore();
const FIXTURES = join(import.meta.dirname, 'fixtures');

const on = (id: string, version: string): Distribution => ({ id, version, codename: null, name: id });

async function find(source: FeedSource, path: string, each: Package, distribution: Distribution | null = null) {
  await importAdvisories(dir(), source, join(FIXTURES, path));
  return findings(each, distribution);
}
async function findings(each: Package, distribution: Distribution | null): Promise<Finding[]> {
  const inventory = { revision: 1, distribution, packages: [each], files: [], missing: [] };
  return matchInventory(inventory, await open()).findings;
}
const brief = (found: Finding[]) =>
  found.map((one) => `${one.id} ${one.status} ${one.fixedVersion ?? '-'} ${one.severity}`);

test.each<[FeedSource, string, Package, Distribution | null, string[]]>([
  ['node', 'node', pkg('generic', 'node', '18.19.0'), null, ['CVE-2024-22025 affected 18.19.1 medium']],
  ['node', 'node', pkg('generic', 'node', '18.19.1'), null, []],
  ['node', 'node', pkg('generic', 'node', '19.1.0'), null, []],
  ['node', 'node', pkg('generic', 'node', '10.8.0'), null, ['CVE-2018-12115 affected 10.9.0 high']],
  ['node', 'node', pkg('npm', 'handlebars', '4.5.3'), null, ['NSWG-ECO-519 affected 4.6.0 medium']],
  ['rubysec', 'rubysec', pkg('gem', 'json', '2.15.1'), null, ['CVE-2026-33210 affected 2.15.2.1 high']],
  ['rubysec', 'rubysec', pkg('gem', 'json', '2.15.2.1'), null, []],
  ['rubysec', 'rubysec', pkg('gem', 'json', '2.16.0'), null, ['CVE-2026-33210 affected 2.17.1.2 high']],
  ['rubysec', 'rubysec', pkg('gem', 'json', '2.13.9'), null, []],
  ['rubysec', 'rubysec', pkg('generic', 'ruby', '3.2.3'), null, ['CVE-2024-27282 affected 3.2.4 medium']],
  ['php', 'php', pkg('composer', 'friendsoftypo3/mediace', '7.6.4'), null, ['CVE-2020-15086 affected 7.6.5 unknown']],
  ['php', 'php', pkg('composer', 'friendsoftypo3/mediace', '7.6.1'), null, []],
  [
    'wolfi',
    'wolfi',
    pkg('apk', 'libssl3', '3.0.6-r2', { sourceName: 'openssl', sourceVersion: '3.0.6-r2' }),
    on('wolfi', '20230201'),
    ['CVE-2022-3602 affected 3.0.7-r0 unknown', 'CVE-2022-3786 affected 3.0.7-r0 unknown'],
  ],
  [
    'wolfi',
    'wolfi',
    pkg('apk', 'traefik', '2.0-r0'),
    on('wolfi', '20230201'),
    ['GHSA-8r3f-844c-mc37 affected 3.0.0-r1 unknown'],
  ],
  [
    'osv',
    'osv',
    pkg('maven', 'org.apache.hadoop:hadoop-main', '2.7.4'),
    null,
    ['CVE-2017-15718 affected 2.7.5 critical'],
  ],
  ['osv', 'osv', pkg('nuget', 'bouncycastle', '1.8.6'), null, ['CVE-2020-15522 affected 1.8.7 medium']],
  ['osv', 'osv', pkg('gem', 'google-protobuf', '3.19.1'), null, ['CVE-2021-22569 affected 3.19.2 high']],
  ['osv', 'osv', pkg('composer', 'google/protobuf', '3.14.0'), null, ['CVE-2021-22570 affected 3.15.0 high']],
  [
    'amazon',
    'amazon',
    pkg('rpm', 'openssh-server', '8.7p1-8.amzn2023.0.10'),
    on('amzn', '2023'),
    ['CVE-2024-6387 affected 0:8.7p1-8.amzn2023.0.11 high'],
  ],
  [
    'amazon',
    'amazon',
    pkg('rpm', 'docker', '19.03-1.amzn2'),
    on('amzn', '2'),
    ['CVE-2021-41089 affected 0:20.10.7-5.amzn2 medium'],
  ],
  [
    'redhat',
    'redhat',
    pkg('rpm', 'libnghttp2', '1.43.0-5.el9'),
    on('rhel', '9.3'),
    ['CVE-2023-44487 affected 0:1.43.0-5.el9_3.1 high'],
  ],
  [
    'redhat',
    'redhat',
    pkg('rpm', 'libnghttp2', '1.33.0-3.el8', { sourceName: 'nghttp2' }),
    on('rhel', '8.9'),
    ['CVE-2023-44487 affected - high'],
  ],
  ['redhat', 'redhat', pkg('rpm', 'grafana', '7.0-1.el8'), on('rhel', '8.9'), []],
  ['redhat', 'redhat', pkg('rpm', 'dotnet6.0', '6.0-1.el8'), on('rhel', '8.9'), ['CVE-2023-44487 unknown - high']],
  [
    'suse',
    'suse',
    pkg('rpm', 'libopenssl1_1', '1.1.1l-150500.15.3'),
    on('sles', '15.5'),
    ['CVE-2023-0464 affected 0:1.1.1l-150500.15.4 medium'],
  ],
  [
    'suse',
    'suse',
    pkg('rpm', 'libopenssl1_1', '1.1.1l-150500.15.3'),
    on('opensuse-leap', '15.5'),
    ['CVE-2023-0464 affected 0:1.1.1l-150500.15.4 medium'],
  ],
  ['suse', 'suse', pkg('rpm', 'nodejs18', '18.1-1'), on('sles', '15.5'), ['CVE-2023-0464 affected - medium']],
  ['suse', 'suse', pkg('rpm', 'bash', '4.4-1'), on('sles', '15.5'), []],
])('%s: %s says of %o on %o', async (source, path, each, distribution, expected) => {
  expect(brief(await find(source, path, each, distribution))).toEqual(expected);
});

describe('modules', () => {
  const modular = (stream: string, version: string) =>
    pkg('rpm', 'nodejs', version, { purl: `pkg:rpm/redhat/nodejs@${version}?rpmmod=${stream}:9:1` });
  test.each<[string, Package, number]>([
    ['of the same stream', modular('nodejs:18', '1:18.14.0-1.module+el9.1.0+1+a'), 1],
    ['of another stream, although its version is lower', modular('nodejs:16', '1:16.20.2-1.module+el9.1.0+1+a'), 0],
    ['of no module', pkg('rpm', 'nodejs', '1:16.20.2-1.el9'), 0],
    [
      'of a module that is not named, and the same major version',
      pkg('rpm', 'nodejs', '1:18.1.0-1.module+el9.1.0+1+a'),
      1,
    ],
    [
      'of a module that is not named, and another major version',
      pkg('rpm', 'nodejs', '1:16.1.0-1.module+el9.1.0+1+a'),
      0,
    ],
  ])('an erratum of a stream is about packages %s', async (_name, each, count) => {
    expect(await find('redhat', 'redhat', each, on('rhel', '9.3'))).toHaveLength(count);
  });

  test("OSV's errata of AlmaLinux name the stream in their summary", async () => {
    const version = '1:16.14.0-1.module_el8.7.0+1+a';
    await importAdvisories(dir(), 'almalinux', join(FIXTURES, 'osv/alsa-2023-1583.json'));
    expect((await open()).lookup('AlmaLinux:8', 'nodejs')[0]?.module).toBe('nodejs:18');
    const of = (stream: string) =>
      pkg('rpm', 'nodejs', version, { purl: `pkg:rpm/almalinux/nodejs@1?rpmmod=${stream}:8:1` });
    expect(await findings(of('nodejs:16'), on('almalinux', '8.7'))).toEqual([]);
    expect(await findings(of('nodejs:18'), on('almalinux', '8.7'))).toHaveLength(6);
  });
});

test('a fix of extended support counts where it is installed, and is promised to nobody else', async () => {
  const at = (version: string) => find('redhat', 'redhat', pkg('rpm', 'libnghttp2', version), on('rhel', '9.2'));
  expect(await at('1.43.0-5.el9_2.1')).toEqual([]);
  expect(brief(await at('1.43.0-5.el9'))).toEqual(['CVE-2023-44487 affected 0:1.43.0-5.el9_3.1 high']);
  const ltss = pkg('rpm', 'libopenssl1_1', '1.1.1d-150200.11.1');
  expect(await find('suse', 'suse', ltss, on('sles', '15.3'))).toEqual([]);
});

test("the vendor's word comes first, with the vector beside it; what is not planned is said", async () => {
  await importAdvisories(dir(), 'redhat', join(FIXTURES, 'redhat'));
  const store = await open();
  expect(store.lookup('Red Hat:8', 'nodejs')).toMatchObject([{ status: 'will-not-fix', module: 'nodejs:16' }]);
  expect(store.lookup('Red Hat:9', 'libnghttp2')[0]?.severitySource).toBe(
    'Red Hat rating Important, CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H (7.5)',
  );
  expect(store.sources[0]).toMatchObject({ name: 'redhat', date: '2025-11-01T10:00:00.000Z' });
});

test('NVD gives scores where a source has none, never a finding, and says what is disputed or rejected', async () => {
  const affected = { releases: { bookworm: { status: 'resolved', fixed_version: '2' } } };
  const ids = ['CVE-2024-0001', 'CVE-2024-0002', 'CVE-2024-0003', 'CVE-2024-0004', 'CVE-2023-0001'];
  await importAdvisories(dir(), 'debian', file('d.json', { x: Object.fromEntries(ids.map((id) => [id, affected])) }));
  expect(await importAdvisories(dir(), 'nvd', join(FIXTURES, 'nvd'))).toMatchObject({ records: 3, skipped: 1 });
  const found = await findings(pkg('deb', 'x', '1'), on('debian', '12'));
  expect(found.map((one) => [one.id, one.severity, one.evidence.severitySource, one.evidence.standing])).toEqual([
    ['CVE-2023-0001', 'unknown', null, undefined],
    ['CVE-2024-0001', 'critical', 'NVD, CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H (9.8)', undefined],
    ['CVE-2024-0002', 'high', 'NVD, AV:N/AC:L/Au:N/C:P/I:P/A:P (7.5)', 'disputed'],
    ['CVE-2024-0003', 'unknown', null, 'rejected'],
    ['CVE-2024-0004', 'unknown', null, undefined],
  ]);
  expect((await open()).ecosystems).toEqual(['Debian:12']);
});

test.each<[FeedSource, string, string]>([
  ['amazon', 'bomb.xml', '<!DOCTYPE x [<!ENTITY a "a">]><updates><update><id>&a;</id></update></updates>'],
  ['amazon', 'cut.xml', '<updates><update type="security"><id>ALAS2-2020-1</id>'],
  ['amazon', 'page.xml', '<html><body>maintenance</body></html>'],
  ['redhat', 'page.json', '{"document": {}}'],
  ['nvd', 'page.json', '{"message": "rate limited"}'],
  ['rubysec', 'x.yml', 'gem: x\ntitle: y\npatched_versions: ["~> not a version"]\n'],
  ['php', 'x.yaml', 'reference: composer://a/b\ntitle: x\nbranches: {m: {versions: ["^1.0"]}}\n'],
  ['node', '1.json', '{"vulnerable": "$(reboot)", "patched": ""}'],
])('a feed of %s that is none (%s) is refused', async (source, name, text) => {
  expect((await failure(importAdvisories(join(root(), 'fresh'), source, file(name, text)))).code).toBe('feed-invalid');
});

test('a feed may be the folder that upstream keeps it in, with what else lies there', async () => {
  cpSync(join(FIXTURES, 'node'), join(root(), 'vuln'), { recursive: true });
  file('vuln/core/index.json', { 1: { vulnerable: '*', patched: '' } });
  file('vuln/deps/1.json', { cve: ['CVE-2023-45853'], reason: 'vulnerable_code_not_present' });
  expect(await importAdvisories(dir(), 'node', join(root(), 'vuln'))).toMatchObject({ records: 3, invalid: 0 });
});
