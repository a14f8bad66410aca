import { expect, test } from 'vitest';
import { importAdvisories } from './advisories/import.ts';
import { useStore } from './advisories/store.fixture.ts';
import { matchPurls } from './match-purls.ts';
import { splitPurl } from './sbom/split-purl.ts';

const { dir, open, file } = useStore();

test('purls are matched each in its own distribution, by source and epoch, and named as they were written', async () => {
  const fixed = (suite: string, version: string) => ({
    releases: { [suite]: { status: 'resolved', fixed_version: version } },
  });
  await importAdvisories(
    dir(),
    'debian',
    file('d.json', {
      openssl: { 'CVE-2026-1': fixed('bookworm', '3.0.16-1'), 'CVE-2026-2': fixed('trixie', '3.5.0-1') },
    }),
  );
  await importAdvisories(
    dir(),
    'osv',
    file('o.json', {
      id: 'ALSA-1',
      summary: 'Low: x',
      related: ['CVE-2026-3'],
      affected: [
        {
          package: { ecosystem: 'AlmaLinux:9', name: 'curl' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1:7.0-2' }] }],
        },
      ],
    }),
  );
  const lines = [
    'pkg:deb/debian/libssl3@3.0.15-1%2Bb1?distro=debian-12&upstream=openssl%403.0.15-1',
    'pkg:deb/debian/libssl3@3.0.16-1?distro=debian-12&upstream=openssl',
    '  pkg:deb/debian/libssl3@3.4.0-1?upstream=openssl@3.4.0-1&distro=debian-13\r',
    'pkg:rpm/almalinux/curl@8.0-1?distro=almalinux-9.4',
    'pkg:rpm/almalinux/curl@8.0-1?distro=almalinux-9.4&epoch=1',
    'pkg:rpm/almalinux/curl@7.0-1?distro=almalinux-9.4&epoch=1&upstream=curl-7.0-1.src.rpm',
    'pkg:npm/x@1.0.0',
    '# a remark',
    '',
    'no purl',
  ];
  const matches = matchPurls(lines, await open());
  expect(matches.findings.map((one) => [one.purl, one.id])).toEqual([
    [lines[0], 'CVE-2026-1'],
    [lines[2]?.trim(), 'CVE-2026-2'],
    [lines[5], 'CVE-2026-3'],
    [lines[3], 'CVE-2026-3'],
  ]);
  expect(matches.uncovered).toMatchObject([{ ecosystem: 'npm', packages: 1 }]);
  expect(matches.unreadable).toEqual(['no purl']);
});

test.each([
  ['pkg:npm/%40scope/name@1.0.0', 'npm', '@scope', 'name', '1.0.0'],
  ['pkg:npm/@scope/name@1.0.0#lib/x', 'npm', '@scope', 'name', '1.0.0'],
  [
    'pkg:golang/github.com/Masterminds/goutils@v1.1.0+incompatible',
    'golang',
    'github.com/Masterminds',
    'goutils',
    'v1.1.0+incompatible',
  ],
  ['pkg:maven/org.x/y@1?type=jar', 'maven', 'org.x', 'y', '1'],
  ['pkg://deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64', 'deb', 'debian', 'libc6', '2.36-9+deb12u1'],
  ['PKG:npm/x@1', undefined, undefined, undefined, undefined],
  ['pkg:npm/%zz@1', undefined, undefined, undefined, undefined],
  ['pkg:npm', undefined, undefined, undefined, undefined],
])('%s is taken apart', (text, type, namespace, name, version) => {
  const parts = splitPurl(text);
  expect([parts?.type, parts?.namespace, parts?.name, parts?.version]).toEqual([type, namespace, name, version]);
});
