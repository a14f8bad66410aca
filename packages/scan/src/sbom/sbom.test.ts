/** SBOMs that are written are valid and read back to the same packages; SBOMs of others are read. */
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import type { Inventory, Package } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { ScanError } from '../error.ts';
import { inventorySbom } from './read-sbom.ts';
import type { SbomSubject } from './subject.ts';
import { toCycloneDx } from './to-cyclonedx.ts';
import { toSpdx } from './to-spdx.ts';
import { toVulnsPredicate } from './to-vulns.ts';

const SUBJECT: SbomSubject = {
  name: 'registry.example/app',
  digest: `sha256:${'a'.repeat(64)}`,
  created: '2026-11-22T10:00:00.000Z',
  toolVersion: '0.1.0',
};

function pkg(type: Package['type'], purl: string, name: string, version: string, more: Partial<Package> = {}): Package {
  return {
    name,
    version,
    type,
    purl,
    sourceName: name,
    sourceVersion: version,
    architecture: null,
    owner: null,
    licenses: [],
    layer: null,
    paths: ['var/lib/dpkg/status'],
    ...more,
  };
}

const INVENTORY: Inventory = {
  revision: 1,
  distribution: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
  packages: [
    pkg(
      'deb',
      'pkg:deb/debian/libssl3@3.0.15-1~deb12u1%2Bb1?arch=amd64&distro=debian-12&upstream=openssl%403.0.15-1~deb12u1',
      'libssl3',
      '3.0.15-1~deb12u1+b1',
      { sourceName: 'openssl', sourceVersion: '3.0.15-1~deb12u1', architecture: 'amd64', layer: SUBJECT.digest },
    ),
    pkg('deb', 'pkg:deb/debian/bash@5.2?arch=amd64&distro=debian-12', 'bash', '5.2', {
      architecture: 'amd64',
      licenses: ['GPL-3.0-or-later'],
    }),
    pkg('npm', 'pkg:npm/%40s/x@1.0.0', '@s/x', '1.0.0', {
      licenses: ['(MIT OR Apache-2.0)'],
      owner: 'pkg:deb/debian/npm@9',
    }),
    pkg('npm', 'pkg:npm/%40s/x@1.0.0', '@s/x', '1.0.0', { licenses: ['MIT', 'SEE LICENSE IN LICENSE.md'] }),
  ],
  files: [],
  missing: [{ kind: 'no-cataloger', what: 'jar', path: 'app.jar', detail: 'no cataloger reads jar yet' }],
};

test('CycloneDX is valid by its own schema', async (ctx) => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  const text = JSON.stringify(toCycloneDx(INVENTORY, SUBJECT));
  const problem = await validator.validate(text).catch((error: unknown) => error);
  if (problem instanceof Validation.MissingOptionalDependencyError)
    return ctx.skip(`the validator's optional packages are not installed: ${problem.message}`);
  expect(problem).toBeNull();
  expect(await validator.validate(text.replace('"type":"library"', '"type":"nonsense"'))).not.toBeNull();
});

test('an inventory with gaps says so in both forms', () => {
  expect(toCycloneDx(INVENTORY, SUBJECT)['compositions']).toEqual([
    { aggregate: 'incomplete', assemblies: ['subject'] },
  ]);
  expect(toSpdx(INVENTORY, SUBJECT)['comment']).toBe('Incomplete: not examined were jar (1).');
  for (const document of [toCycloneDx(INVENTORY, SUBJECT), toSpdx(INVENTORY, SUBJECT)])
    expect(inventorySbom(Buffer.from(JSON.stringify(document))).missing).toMatchObject([
      { kind: 'limit', what: 'sbom' },
    ]);
  const complete = { ...INVENTORY, missing: [] };
  for (const document of [toCycloneDx(complete, SUBJECT), toSpdx(complete, SUBJECT)])
    expect(inventorySbom(Buffer.from(JSON.stringify(document))).missing).toEqual([]);
});

test('the same input gives the same bytes, another subject another document', () => {
  for (const write of [toCycloneDx, toSpdx]) {
    expect(JSON.stringify(write(INVENTORY, SUBJECT))).toBe(JSON.stringify(write(INVENTORY, SUBJECT)));
    expect(JSON.stringify(write(INVENTORY, SUBJECT))).not.toBe(
      JSON.stringify(write(INVENTORY, { ...SUBJECT, name: 'other' })),
    );
  }
});

test('SPDX has what SPDX 2.3 requires of documents and packages, and ids that are unique', () => {
  const document = toSpdx(INVENTORY, SUBJECT) as {
    packages: Record<string, unknown>[];
    relationships: Record<string, string>[];
    creationInfo: { created: string };
  };
  expect(document).toMatchObject({
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    documentNamespace: expect.stringMatching(/^https:\/\/[^#\s]+$/),
  });
  expect(document.creationInfo.created).toBe('2026-11-22T10:00:00Z');
  const ids = document.packages.map((each) => String(each['SPDXID']));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => /^SPDXRef-[A-Za-z0-9.-]+$/.test(id))).toBe(true);
  expect(
    document.relationships.every((each) => [...ids, 'SPDXRef-DOCUMENT'].includes(each['relatedSpdxElement'] ?? '')),
  ).toBe(true);
  expect(document.packages.map((each) => each['licenseDeclared'])).toEqual([
    'NOASSERTION',
    'NOASSERTION',
    'GPL-3.0-or-later',
    '(MIT OR Apache-2.0)',
    'NOASSERTION',
  ]);
});

test.each([
  ['CycloneDX', toCycloneDx],
  ['SPDX', toSpdx],
] as const)('%s is read back with sources and distribution', (_name, write) => {
  const read = inventorySbom(Buffer.from(JSON.stringify(write(INVENTORY, SUBJECT))));
  expect(read.distribution).toMatchObject({ id: 'debian', version: '12' });
  expect(
    read.packages.map(({ name, version, type, sourceName, sourceVersion }) => [
      type,
      name,
      version,
      sourceName,
      sourceVersion,
    ]),
  ).toEqual([
    ['deb', 'bash', '5.2', 'bash', '5.2'],
    ['deb', 'libssl3', '3.0.15-1~deb12u1+b1', 'openssl', '3.0.15-1~deb12u1'],
    ['npm', '@s/x', '1.0.0', '@s/x', '1.0.0'],
  ]);
});

describe('documents of other tools', () => {
  const read = (document: unknown): Inventory => inventorySbom(Buffer.from(JSON.stringify(document)));
  test('nested components, systems, packages without a purl', () => {
    const inventory = read({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [
        { type: 'operating-system', name: 'alpine', version: '3.20.3' },
        {
          type: 'library',
          name: 'outer',
          version: '1',
          purl: 'pkg:maven/org.x/outer@1',
          components: [{ type: 'library', name: 'inner', version: '2', purl: 'pkg:golang/example.com/a/b@v2.0.0' }],
        },
        { type: 'library', name: 'nameless' },
        { type: 'file', name: 'a.txt' },
        { type: 'library', name: 'bad', purl: 'not a purl' },
        {
          type: 'library',
          name: 'rpm',
          purl: 'pkg:rpm/almalinux/curl@7.76.1-29.el9?epoch=1&arch=x86_64&upstream=curl-7.76.1-29.el9.src.rpm',
        },
      ],
    });
    expect(inventory.distribution).toMatchObject({ id: 'alpine', version: '3.20.3' });
    expect(inventory.packages.map(({ type, name, version }) => `${type} ${name} ${version}`)).toEqual([
      'golang example.com/a/b v2.0.0',
      'maven org.x:outer 1',
      'rpm curl 1:7.76.1-29.el9',
    ]);
    expect(inventory.missing.map((each) => each.detail)).toEqual([
      'nameless has no purl',
      'bad has a purl that cannot be read',
    ]);
  });

  test('the package that an SPDX document describes is the subject, not a part', () => {
    const inventory = read({
      spdxVersion: 'SPDX-2.2',
      packages: [
        { SPDXID: 'SPDXRef-root', name: 'image' },
        {
          SPDXID: 'SPDXRef-a',
          name: 'a',
          externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:deb/ubuntu/a@1?distro=ubuntu-24.04' }],
        },
      ],
      relationships: [
        { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-root' },
      ],
    });
    expect([inventory.packages.length, inventory.missing, inventory.distribution?.id]).toEqual([1, [], 'ubuntu']);
  });

  test.each<[string, string, string]>([
    ['no JSON', 'SPDXVersion: SPDX-2.3', 'no JSON'],
    ['some other JSON', '{"a": 1}', 'neither SPDX 2 nor CycloneDX'],
    ['SPDX 3', '{"spdxVersion": "SPDX-3.0"}', 'spdxVersion'],
    ['CycloneDX with rubbish in it', '{"bomFormat": "CycloneDX", "components": [7]}', 'CycloneDX component'],
  ])('%s is refused in words', (_name, text, message) => {
    expect(() => inventorySbom(Buffer.from(text))).toThrow(ScanError);
    expect(() => inventorySbom(Buffer.from(text))).toThrow(message);
  });
});

test('the vulnerability predicate names the database, each finding with its evidence, and what was not covered', () => {
  const evidence = {
    source: 'debian',
    advisory: 'CVE-2026-0001',
    comparison: 'a 1 < 2 (deb)',
    severitySource: null,
    snapshot: 'sha256:x',
  };
  const finding = {
    id: 'CVE-2026-0001',
    aliases: [],
    package: { name: 'a', version: '1', type: 'deb', purl: 'pkg:deb/debian/a@1' },
    severity: 'unknown' as const,
    status: 'affected' as const,
    fixedVersion: '2',
    exploited: false,
    title: null,
    evidence,
  };
  const uncovered = [{ ecosystem: 'npm', packages: 3, reason: 'no data' }];
  const predicate = toVulnsPredicate({
    findings: [finding],
    uncovered,
    database: { snapshot: 'sha256:x', lastUpdate: '2026-11-20T00:00:00Z' },
    toolVersion: '0.1.0',
    startedAt: '2026-11-22T10:00:00Z',
    finishedAt: '2026-11-22T10:00:01Z',
  });
  expect(predicate).toMatchObject({
    scanner: {
      db: { version: 'sha256:x', lastUpdate: '2026-11-20T00:00:00Z' },
      result: [{ id: 'CVE-2026-0001', severity: [{ method: 'none', score: 'unknown' }] }],
    },
    metadata: { scanStartedOn: '2026-11-22T10:00:00Z', scanFinishedOn: '2026-11-22T10:00:01Z' },
    uncovered,
  });
});
