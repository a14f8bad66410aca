/** The importer of OSV records: their ranges, names, ratings and the forms that feeds come in. */
import { execFileSync, spawnSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tar } from '@pratique/oci/layers/tar-fixture';
import { describe, expect, test } from 'vitest';
import { importAdvisories } from './import.ts';
import { failure, osv, useStore } from './store.fixture.ts';
import type { AdvisoryStore } from './store.ts';

const { root, dir, open, file } = useStore();

describe('OSV records', () => {
  async function imported(
    record: Record<string, unknown>,
    ecosystem = 'npm',
  ): Promise<ReturnType<AdvisoryStore['lookup']>> {
    await importAdvisories(dir(), 'osv', file('osv.json', [record, osv('X-1', 'filler')]));
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
      dir(),
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
    await importAdvisories(dir(), 'osv', file('p.yaml', yaml));
    expect((await open()).lookup('PyPI', 'my.package')[0]?.ranges[0]?.fixed).toBe('1.10');
  });

  test('YAML that refers to itself is refused', async () => {
    const bomb = `a: &a [x, x]\nb: &b [*a, *a]\nid: [*b, *b]\n`;
    expect((await failure(importAdvisories(dir(), 'osv', file('p.yaml', bomb)))).message).toContain('aliases');
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
      await importAdvisories(dir(), 'osv', file(name, pack(Buffer.from(JSON.stringify(osv('A-1', 'x')))))),
    ).toMatchObject({ records: 1, invalid: 0 });
  });

  test('a feed may come as a zip archive, and a damaged one is refused', async (ctx) => {
    if (spawnSync('python3', ['-V']).status !== 0)
      return ctx.skip('python3, which makes the archive, is not installed');
    file('in/x.json', osv('A-1', 'x'));
    file('in/y.json', osv('A-2', 'y'));
    const zip = join(root(), 'all.zip');
    execFileSync('python3', ['-m', 'zipfile', '-c', zip, join(root(), 'in')]);
    expect(await importAdvisories(dir(), 'osv', zip)).toMatchObject({ records: 2 });
    truncateSync(zip, 150);
    expect((await failure(importAdvisories(dir(), 'osv', zip))).code).toBe('feed-invalid');
  });
});
