/** VEX in its three forms, and what it does to findings. */
import type { Package, RankedFinding } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { prepareVex } from './apply-vex.ts';
import { draftVex } from './draft-vex.ts';
import { readVex } from './read-vex.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const SUBJECT = { names: ['registry.example/shop/app:1'], digest: DIGEST };
const OPENSSL = 'pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12';
const finding = (id: string, over: Partial<RankedFinding> = {}): RankedFinding => ({
  id,
  aliases: [],
  package: { name: 'libssl3', version: '3.0.9-1', type: 'deb', purl: OPENSSL },
  severity: 'high',
  status: 'affected',
  fixedVersion: '3.0.10-1',
  exploited: false,
  title: null,
  evidence: {
    source: 'debian',
    advisory: id,
    comparison: 'openssl 3.0.9-1 < 3.0.10-1 (deb)',
    severitySource: null,
    snapshot: '',
  },
  priority: { score: 20, factors: [] },
  ...over,
});
const read = (document: unknown) => readVex('x.json', Buffer.from(JSON.stringify(document)));
const openvex = (statements: object[]) => ({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.com/vex/1',
  author: 'Shop security',
  timestamp: '2026-01-01T00:00:00Z',
  version: 1,
  statements,
});
const about = (product: unknown, more: object = {}) => ({
  vulnerability: { name: 'CVE-2024-0001' },
  products: [product],
  status: 'not_affected',
  justification: 'vulnerable_code_not_in_execute_path',
  ...more,
});
const statusOf = (document: unknown, of = finding('CVE-2024-0001')) =>
  prepareVex([read(document)])([of], SUBJECT)[0]?.status;

describe('a statement counts for', () => {
  test.each([
    ['the package', { '@id': OPENSSL }],
    ['the package in any version', { '@id': 'pkg:deb/debian/libssl3' }],
    ['the package with fewer qualifiers', { '@id': 'pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12' }],
    ['the package by its identifier', { '@id': 'https://example.com/p', identifiers: { purl: OPENSSL } }],
    ['the image by its digest', { '@id': `pkg:oci/app@${encodeURIComponent(DIGEST)}` }],
    ['the image by its repository', { '@id': 'pkg:oci/app?repository_url=registry.example/shop/app' }],
    ['the image by repository and tag', { '@id': 'pkg:oci/app?repository_url=registry.example/shop/app&tag=1' }],
    [
      'the package in the image',
      { '@id': `pkg:oci/app@${encodeURIComponent(DIGEST)}`, subcomponents: [{ '@id': OPENSSL }] },
    ],
  ])('%s', (_, product) => {
    expect(statusOf(openvex([about(product)]))).toBe('not-affected');
  });

  test('an alias of the hole', () => {
    const of = finding('GHSA-aaaa-bbbb-cccc', { aliases: ['CVE-2024-0001'] });
    expect(statusOf(openvex([about({ '@id': OPENSSL })]), of)).toBe('not-affected');
  });
});

describe('a statement does not count for', () => {
  test.each([
    ['another version', { '@id': 'pkg:deb/debian/libssl3@3.0.8-1' }],
    ['another package', { '@id': 'pkg:deb/debian/libssl1.1' }],
    ['another distribution', { '@id': 'pkg:deb/ubuntu/libssl3' }],
    ['another architecture', { '@id': 'pkg:deb/debian/libssl3@3.0.9-1?arch=arm64' }],
    ['another image', { '@id': `pkg:oci/app@sha256%3A${'b'.repeat(64)}` }],
    ['any image of a name that says no repository', { '@id': 'pkg:oci/app' }],
    ['another tag', { '@id': 'pkg:oci/app?repository_url=registry.example/shop/app&tag=2' }],
    [
      'the package in another image',
      { '@id': `pkg:oci/app@sha256%3A${'b'.repeat(64)}`, subcomponents: [{ '@id': OPENSSL }] },
    ],
    [
      'another package in the image',
      { '@id': `pkg:oci/app@${encodeURIComponent(DIGEST)}`, subcomponents: [{ '@id': 'pkg:npm/x@1' }] },
    ],
    ['what is no purl', { '@id': 'pkg:deb' }],
  ])('%s', (_, product) => {
    expect(statusOf(openvex([about(product)]))).toBe('affected');
  });

  test('another hole', () => {
    expect(statusOf(openvex([about({ '@id': OPENSSL })]), finding('CVE-2024-0002'))).toBe('affected');
  });
});

test('the newest statement counts, and of two as new the later one', () => {
  const [no, yes] = [about(OPENSSL), about(OPENSSL, { status: 'affected' })];
  expect(
    statusOf(
      openvex([
        { ...no, timestamp: '2026-02-01T00:00:00Z' },
        { ...yes, timestamp: '2026-01-15T00:00:00Z' },
      ]),
    ),
  ).toBe('not-affected');
  expect(statusOf(openvex([no, yes]))).toBe('affected');
});

test('what is investigated stays, with a note; what was unknown is confirmed', () => {
  const noted = prepareVex([read(openvex([about(OPENSSL, { status: 'under_investigation' })]))])(
    [finding('CVE-2024-0001')],
    SUBJECT,
  )[0];
  expect(noted).toMatchObject({
    status: 'affected',
    vex: { status: 'under_investigation', author: 'Shop security', document: 'https://example.com/vex/1' },
  });
  expect(
    statusOf(openvex([about(OPENSSL, { status: 'affected' })]), finding('CVE-2024-0001', { status: 'unknown' })),
  ).toBe('affected');
});

test('OpenVEX of the first form', () => {
  const document = {
    ...openvex([
      {
        vulnerability: 'CVE-2024-0001',
        products: [`pkg:oci/app@${encodeURIComponent(DIGEST)}`],
        subcomponents: [OPENSSL],
        status: 'fixed',
      },
    ]),
    '@context': 'https://openvex.dev/ns',
  };
  expect(statusOf(document)).toBe('not-affected');
});

const csaf = (tree: object, status: object) => ({
  document: {
    csaf_version: '2.0',
    category: 'csaf_vex',
    publisher: { name: 'Vendor PSIRT' },
    tracking: { id: 'V-1', current_release_date: '2026-03-01T00:00:00Z' },
  },
  product_tree: tree,
  vulnerabilities: [
    {
      cve: 'CVE-2024-0001',
      product_status: status,
      flags: [{ label: 'component_not_present', product_ids: ['P'] }],
      threats: [{ category: 'impact', details: 'It is not built in.', product_ids: ['P'] }],
    },
  ],
});
const branch = (id: string, purl: string) => ({
  category: 'product_version',
  name: id,
  product: { product_id: id, name: id, product_identification_helper: { purl } },
});

describe('CSAF', () => {
  test('names products by branches', () => {
    const tree = { branches: [{ category: 'vendor', name: 'V', branches: [branch('P', OPENSSL)] }] };
    const [applied] = prepareVex([read(csaf(tree, { known_not_affected: ['P'] }))])(
      [finding('CVE-2024-0001')],
      SUBJECT,
    );
    expect(applied).toMatchObject({
      status: 'not-affected',
      vex: {
        status: 'not_affected',
        justification: 'component_not_present',
        statement: 'It is not built in.',
        author: 'Vendor PSIRT',
        document: 'V-1',
        at: '2026-03-01T00:00:00Z',
      },
    });
  });

  test('names packages as parts of an operating system that has no purl', () => {
    const tree = {
      branches: [
        branch('openssl', OPENSSL),
        { category: 'product_name', name: 'OS', product: { product_id: 'OS', name: 'OS' } },
      ],
      relationships: [
        {
          category: 'default_component_of',
          product_reference: 'openssl',
          relates_to_product_reference: 'OS',
          full_product_name: { product_id: 'OS:openssl', name: 'x' },
        },
      ],
    };
    expect(statusOf(csaf(tree, { fixed: ['OS:openssl'] }))).toBe('not-affected');
    expect(
      statusOf(csaf(tree, { known_affected: ['OS:openssl'] }), finding('CVE-2024-0001', { status: 'unknown' })),
    ).toBe('affected');
    expect(statusOf(csaf(tree, { fixed: ['unknown-product'] }))).toBe('affected');
  });

  test('of a tree without end is read to a depth', () => {
    let deep: object = branch('P', OPENSSL);
    for (let n = 0; n < 2000; n++) deep = { category: 'x', name: 'x', branches: [deep] };
    expect(statusOf(csaf({ branches: [deep] }, { known_not_affected: ['P'] }))).toBe('affected');
  });
});

describe('CycloneDX', () => {
  const document = (vulnerability: object, components: object[] = []) => ({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: 'urn:uuid:1',
    components,
    vulnerabilities: [{ id: 'CVE-2024-0001', ...vulnerability }],
  });
  const analysis = { state: 'not_affected', justification: 'code_not_reachable', detail: 'never called' };
  test.each([
    ['by purl', document({ analysis, affects: [{ ref: OPENSSL }] }), 'not-affected'],
    [
      'by a component of the same document',
      document({ analysis, affects: [{ ref: 'c1' }] }, [{ components: [{ 'bom-ref': 'c1', purl: OPENSSL }] }]),
      'not-affected',
    ],
    [
      'by a link to another document',
      document({ analysis, affects: [{ ref: `urn:cdx:f08a6ccd/1#${encodeURIComponent(OPENSSL)}` }] }),
      'not-affected',
    ],
    ['without an analysis', document({ affects: [{ ref: OPENSSL }] }), 'affected'],
    [
      'with a state that is not known',
      document({ analysis: { state: 'maybe' }, affects: [{ ref: OPENSSL }] }),
      'affected',
    ],
  ])('%s', (_, value, status) => {
    expect(statusOf(value)).toBe(status);
  });
});

test.each([
  ['no JSON', '{', 'is no JSON'],
  ['a list', '[]', 'neither OpenVEX'],
  ['another form', '{"a":1}', 'neither OpenVEX'],
  [
    'OpenVEX with a status that is none',
    JSON.stringify(openvex([about(OPENSSL, { status: 'fine' })])),
    'statements.0.status',
  ],
  ['a text with U+0000', JSON.stringify(openvex([about('pkg:npm/a\0b')])), 'U+0000'],
  ['half of a surrogate pair', JSON.stringify(openvex([about('\ud800')])), 'half of a surrogate'],
  ['CSAF without an id', '{"document":{"csaf_version":"2.0","tracking":{}}}', 'document.tracking.id'],
])('%s is refused', (_, text, message) => {
  expect(() => readVex('bad.json', Buffer.from(text))).toThrow(message);
});

test('a draft decides nothing, says what is known, and is read back', () => {
  const paths: Package = {
    name: 'libssl3',
    version: '3.0.9-1',
    type: 'deb',
    purl: OPENSSL,
    sourceName: 'openssl',
    sourceVersion: '3.0.9-1',
    architecture: 'amd64',
    owner: null,
    licenses: [],
    layer: null,
    paths: ['var/lib/dpkg/status'],
  };
  const product = `pkg:oci/app@${encodeURIComponent(DIGEST)}`;
  const draft = { product, author: 'me', at: '2026-11-22T00:00:00Z', decision: null };
  const open = draftVex([finding('CVE-2024-0001')], [paths], draft);
  expect(JSON.stringify(open)).toContain(
    'openssl 3.0.9-1 < 3.0.10-1 (deb) by debian CVE-2024-0001. Found in var/lib/dpkg/status. Fixed in 3.0.10-1.',
  );
  expect(statusOf(open)).toBe('affected');
  const decided = draftVex([finding('CVE-2024-0001')], [paths], {
    ...draft,
    decision: { status: 'not_affected', justification: 'component_not_present', reason: 'it was removed' },
  });
  expect(prepareVex([read(decided)])([finding('CVE-2024-0001')], SUBJECT)[0]).toMatchObject({
    status: 'not-affected',
    vex: { justification: 'component_not_present', statement: 'it was removed' },
  });
});
