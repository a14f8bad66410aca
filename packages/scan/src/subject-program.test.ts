/** Programs that no package manager installed: what Bitnami's advisories say of them, and where they say nothing. */
import { join } from 'node:path';
import type { Package } from '@pratique/contract';
import { beforeEach, describe, expect, test } from 'vitest';
import { importAdvisories } from './advisories/import.ts';
import { useStore } from './advisories/store.fixture.ts';
import { type AdvisoryStore, openAdvisoryStore } from './advisories/store.ts';
import { matchInventory } from './match.ts';
import { packageOf } from './package.fixture.ts';

const { dir, open, file } = useStore();
let store: AdvisoryStore;

beforeEach(async () => {
  await importAdvisories(dir(), 'osv', join(import.meta.dirname, 'advisories/fixtures/bitnami'));
  store = await open();
});

function match(...packages: Package[]): { findings: string[]; gaps: string[] } {
  const found = matchInventory({ revision: 0, distribution: null, packages, files: [], missing: [] }, store);
  return {
    findings: found.findings.map((each) => `${each.id} ${each.fixedVersion ?? '-'} ${each.severity}`),
    gaps: found.uncovered.map((each) => `${each.ecosystem}: ${each.reason}`),
  };
}

const program = (name: string, version: string) => packageOf('generic', name, version);
const SILENT = 'the advisory source says nothing of these packages';

describe('a program that nobody packaged', () => {
  test.each<[string, string, string[]]>([
    ['python', '3.11.4', ['CVE-2023-40217 3.11.5 medium']],
    ['python', '3.11.5', []],
    ['python', '3.11.5rc1', ['CVE-2023-40217 3.11.5 medium']],
    ['python', '3.12.0', []],
    ['redis', '7.0.13', ['CVE-2023-45145 7.0.14 low']],
    ['redis', '7.2.4', []],
    ['httpd', '2.4.49', ['CVE-2021-41773 - high']],
    ['httpd', '2.4.50', []],
    ['jdk', '17.0.6+10', ['CVE-2023-21930 17.0.7 high']],
    ['jre', '17.0.7.1+7', []],
    ['jdk', '1.8.0_362-b09', ['CVE-2023-21930 8.0.371 high']],
    ['jdk', '1.8.0_382-b05', []],
  ])('%s %s has what its version has, and is covered', (name, version, findings) => {
    expect(match(program(name, version))).toEqual({ findings, gaps: [] });
  });

  test('Bitnami’s own builds are told by their purl, whatever number the build has', () => {
    const built = (version: string) =>
      packageOf('generic', 'python', version, { purl: `pkg:bitnami/python@${version}` });
    expect(match(built('3.11.4-7'))).toEqual({ findings: ['CVE-2023-40217 3.11.5 medium'], gaps: [] });
    expect(match(built('3.11.5-0'))).toEqual({ findings: [], gaps: [] });
  });

  test('of which Bitnami has never said a word is uncovered, not clean', () => {
    expect(match(program('nginx', '1.25.0'))).toEqual({ findings: [], gaps: [`Bitnami: ${SILENT}: nginx`] });
  });

  test.each(['curl', 'openssl', 'busybox', 'bash', 'perl', 'mysql', 'git', 'erlang'])(
    '%s, which Bitnami does not follow, stays uncovered',
    (name) => {
      const reason = 'these packages belong to no ecosystem that has advisories';
      expect(match(program(name, '1.0.0'))).toEqual({ findings: [], gaps: [`generic: ${reason}: ${name}`] });
    },
  );

  test.each(['pkg:pear/pecl.php.net/redis@5.3.7', 'pkg:conda/redis@5.0.3'])(
    'a package of another tool that has its name is none: %s',
    (purl) => {
      const { findings, gaps } = match(packageOf('generic', 'redis', '5.3.7', { purl }));
      expect([findings, gaps.length]).toEqual([[], 1]);
    },
  );
});

test('a jar without coordinates is uncovered by name, even if it is called as a program is', () => {
  const jar = packageOf('generic', 'redis', '5.0.0', { purl: 'pkg:generic/redis@5.0.0?checksum=sha1:00' });
  const reason = 'nothing tells the Maven group of these jars, by which advisories would name them';
  expect(match(jar)).toEqual({ findings: [], gaps: [`generic: ${reason}: redis`] });
});

test('where Bitnami’s data was not imported, the gap says so', async () => {
  const other = {
    package: { ecosystem: 'npm', name: 'x' },
    ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
  };
  const elsewhere = join(dir(), 'elsewhere');
  await importAdvisories(elsewhere, 'osv', file('x.json', [{ id: 'X-1', affected: [other] }]));
  store = await openAdvisoryStore(elsewhere);
  expect(match(program('python', '3.11.4')).gaps).toEqual(['Bitnami: no advisory source has data on it: python']);
  store.close();
});
