/** What reads bytes of images, each with real files to spoil. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { tar } from '../../packages/oci/src/layers/tar-fixture.ts';
import { SAMPLES } from '../../packages/scan/src/malware/samples.fixture.ts';
import { KINDS } from '../../packages/scan/src/secrets.ts';
import { makeZip } from '../../packages/scan/src/zip/zip.fixture.ts';
import { seeded } from './random.ts';

export type Parser = {
  name: string;
  /** Share of the time: what reads binary forms gets five times as much. */
  weight: 1 | 5;
  /** `layer`: the bytes are an archive of files; `file`: they are one file of an image; `vex`: a document; `nested`: a content with archives in it. */
  as: 'layer' | 'file' | 'vex' | 'nested' | 'secrets' | 'secret-rules';
  seeds(): Seed[];
};
/** Where the file lies in the image, and what is in it. */
export type Seed = { path: string; bytes: Buffer };

const CATALOGERS = join(import.meta.dirname, '../../packages/scan/src/catalogers');
/** Larger files make each round slow and find nothing else. */
const MAX_SEED_BYTES = 512 * 1024;

const DPKG = `Package: libssl3
Status: install ok installed
Source: openssl (3.0.9-1)
Architecture: amd64
Version: 3.0.9-1+b1
Depends: libc6 (>= 2.34)
Conffiles:
 /etc/ssl/openssl.cnf 0123456789abcdef0123456789abcdef
Description: Secure Sockets Layer toolkit
 of many words

Package: tzdata
Status: install ok unpacked
Architecture: all
Version: 2024a-0+deb12u1

`;
const APK = `C:Q1pSfvTD9pVhAFdSR6wLM3mr4FzZY=
P:musl
V:1.2.4-r2
A:x86_64
S:383152
I:622592
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Timo <t@example.org>
t:1700000000
c:abcdef
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1abcdefabcdefabcdefabcdefabcdefa=

`;

export const PARSERS: readonly Parser[] = [
  { name: 'tar', weight: 5, as: 'layer', seeds: () => below('php').concat(below('conda')).slice(0, 8) },
  texts('dpkg', [
    { path: 'var/lib/dpkg/status', text: DPKG },
    { path: 'var/lib/dpkg/status.d/tzdata', text: DPKG.slice(DPKG.indexOf('Package: tzdata')) },
    { path: 'var/lib/dpkg/info/libssl3:amd64.list', text: '/.\n/usr\n/usr/lib/libssl.so.3\n' },
  ]),
  texts('apk', [{ path: 'lib/apk/db/installed', text: APK }]),
  {
    name: 'rpm',
    weight: 5,
    as: 'file',
    seeds: () =>
      below('rpm').map(({ path, bytes }) => {
        const name = path.includes('sqlite') ? 'rpmdb.sqlite' : path.includes('.db') ? 'Packages.db' : 'Packages';
        return { path: `var/lib/rpm/${name}`, bytes };
      }),
  },
  files('npm'),
  files('python'),
  { ...files('java'), weight: 5 },
  files('ruby'),
  files('php'),
  files('dotnet'),
  files('conda'),
  { ...files('go'), weight: 5 },
  { ...files('rust'), weight: 5 },
  files('sbom'),
  {
    ...files('sbom'),
    name: 'vex',
    as: 'vex',
    seeds: () => VEX.map((text) => ({ path: 'vex', bytes: Buffer.from(text) })),
  },
  { name: 'archives', weight: 5, as: 'nested', seeds: nested },
  {
    name: 'malware',
    weight: 1,
    as: 'nested',
    seeds: () => SAMPLES.map(({ path, content }) => ({ path, bytes: content })),
  },
  {
    name: 'secrets',
    weight: 1,
    as: 'secrets',
    // The catalog makes them: none stands in the tree.
    seeds: () =>
      KINDS.map((kind) => {
        const random = seeded(1);
        const { path, text } = kind.sample(() => random.next());
        return { path, bytes: Buffer.from(text as string) };
      }),
  },
  {
    name: 'secret-rules',
    weight: 1,
    as: 'secret-rules',
    seeds: () => SECRET_RULES.map((text) => ({ path: 'rules', bytes: Buffer.from(text) })),
  },
];

const SECRET_RULES = [
  `[extend]\ndisabledRules = ["github-pat"]\n[[rules]]\nid = "a"\nregex = '''(?i)shop[_-]key=([a-z0-9]{8,40})'''\nkeywords = ["shop"]\nentropy = 2\n[[rules.allowlists]]\nregexes = ['''^demo''']\nstopwords = ["x"]\n`,
  'rules:\n  - id: a\n    category: general\n    title: A\n    severity: HIGH\n    path: .*\\.sh\n    keywords: [shop]\n    regex: (?i)shop=(?P<secret>[0-9a-z]{8,40})\n    secret-group-name: secret\n    allow-rules: [{id: b, regex: demo}]\n    exclude-block: {description: c, regexes: [x]}\ndisable-rules: [jwt]\n',
];

/** Archives in archives, each form around another. */
function nested(): Seed[] {
  const text = Buffer.from('words of a seed\n'.repeat(40));
  const zip = makeZip([
    { name: 'a/b', content: text },
    { name: 'c', content: gzipSync(text), method: 0 },
  ]);
  const archive = tar({ path: 'x.zip', content: zip }, { path: 'y', content: text });
  const bzip2 = readFileSync(join(import.meta.dirname, '../../packages/scan/src/archives/fixtures/words.bz2'));
  const ar = Buffer.concat([
    Buffer.from(`!<arch>\n${'data.tar/'.padEnd(48)}${String(archive.length).padEnd(10)}\`\n`),
    archive,
  ]);
  const cpio = Buffer.from(`070701${'00000001'.repeat(6)}0000000a${'00000000'.repeat(4)}0000000200000000a\0`, 'latin1');
  return [
    zip,
    archive,
    bzip2,
    ar,
    cpio,
    gzipSync(archive),
    zstdCompressSync(archive),
    makeZip([{ name: 'z', method: 12, raw: bzip2 }]),
  ].map((bytes, n) => ({ path: `nested-${n}`, bytes }));
}

const VEX = [
  JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://example.org/vex/1',
    author: 'A',
    timestamp: '2026-01-01T00:00:00Z',
    statements: [
      {
        vulnerability: { name: 'CVE-2024-1', aliases: ['GHSA-x'] },
        products: [
          { '@id': 'pkg:oci/a@sha256:00', subcomponents: [{ '@id': 'pkg:deb/debian/openssl@3.0.9-1?arch=amd64' }] },
        ],
        status: 'not_affected',
        justification: 'component_not_present',
      },
    ],
  }),
  JSON.stringify({
    document: {
      category: 'csaf_vex',
      csaf_version: '2.0',
      title: 'x',
      tracking: { id: 'R-1' },
      publisher: { name: 'R' },
    },
    product_tree: {
      branches: [
        {
          category: 'vendor',
          name: 'R',
          branches: [
            {
              category: 'product_version',
              name: 'openssl-3.0',
              product: {
                product_id: 'P',
                name: 'P',
                product_identification_helper: { purl: 'pkg:rpm/redhat/openssl@3.0-1?arch=x86_64' },
              },
            },
          ],
        },
      ],
    },
    vulnerabilities: [{ cve: 'CVE-2024-1', product_status: { known_not_affected: ['P'], fixed: ['P'] } }],
  }),
  JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    vulnerabilities: [
      {
        id: 'CVE-2024-1',
        analysis: { state: 'not_affected', justification: 'code_not_reachable' },
        affects: [{ ref: 'pkg:npm/a@1' }],
      },
    ],
  }),
];

function texts(name: string, entries: readonly { path: string; text: string }[]): Parser {
  const seeds = () => entries.map(({ path, text }) => ({ path, bytes: Buffer.from(text) }));
  return { name, weight: 1, as: 'file', seeds };
}

function files(name: string): Parser {
  return { name, weight: 1, as: 'file', seeds: () => below(name) };
}

/** A cataloger's own fixtures, unpacked where they are packed. */
function below(name: string): Seed[] {
  const root = join(CATALOGERS, name, 'fixtures');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .filter((path) => statSync(path).size <= MAX_SEED_BYTES)
    .map((path) => {
      const bytes = readFileSync(path);
      const packed = path.endsWith('.gz');
      return { path: relative(root, packed ? path.slice(0, -3) : path), bytes: packed ? gunzipSync(bytes) : bytes };
    });
}
