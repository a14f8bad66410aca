import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { gzipLayer } from '@pratique/oci/layers/tar-fixture';
import { describe, expect, test } from 'vitest';
import { GO_ELF, gaps, packageJson, purls, take } from '../../inventory/image.fixture.ts';
import { inventoryImage } from '../../inventory/inventory-image.ts';
import { mutate, randomOf } from '../mutate.fixture.ts';
import { rpmLicence } from './licence.ts';
import { condenseRpmDatabase, readCondensed, readRpmDatabase } from './read-database.ts';

const fixture = (name: string): Buffer => gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.gz`)));
const ROCKY = { path: 'etc/os-release', content: 'ID="rocky"\nVERSION_ID="9.3"\nPRETTY_NAME="Rocky Linux 9.3"\n' };
const DEMO =
  'pkg:rpm/rocky/demo-tool@1.2.3-4.el9?arch=noarch&distro=rocky-9.3&epoch=2&upstream=demo-tool-1.2.3-4.el9.src.rpm';
const EXPECTED = [
  DEMO,
  DEMO.replace('demo-tool@', 'demo-tool-libs@'),
  'pkg:rpm/rocky/other@0.9-1.module_el8.5.0+1+abc?arch=noarch&distro=rocky-9.3&rpmmod=other%3A1%3A8050020210101%3Aabc&upstream=other-0.9-1.module_el8.5.0%2B1%2Babc.src.rpm',
];
const DATABASES: [string, string, string][] = [
  ['SQLite', 'var/lib/rpm/rpmdb.sqlite', 'rpmdb.sqlite'],
  ['ndb', 'usr/lib/sysimage/rpm/Packages.db', 'Packages.db'],
  ['Berkeley DB', 'var/lib/rpm/Packages', 'Packages'],
  ['Berkeley DB of a big-endian machine', 'var/lib/rpm/Packages', 'Packages-big-endian'],
];

describe.each(DATABASES)('a database in the form of %s', (_name, path, file) => {
  const content = fixture(file);
  test('gives its packages, with licence, source, epoch and files', async () => {
    const inventory = await take([
      [
        ROCKY,
        { path, content },
        packageJson('usr/share/demo/node_modules/x', 'x', '1.0.0'),
        { path: 'usr/share/demo/a', content: 'x' },
      ],
    ]);
    expect(inventory.missing).toEqual([]);
    expect(purls(inventory).filter((each) => each.startsWith('pkg:rpm'))).toEqual(EXPECTED);
    expect(inventory.packages.find((each) => each.name === 'demo-tool')).toMatchObject({
      version: '2:1.2.3-4.el9',
      sourceName: 'demo-tool',
      architecture: 'noarch',
      licenses: ['GPL-2.0-or-later AND MIT'],
      paths: [path],
    });
    expect(inventory.packages.find((each) => each.name === 'x')?.owner).toBeNull();
  });

  test('is the same in the short form that large ones are kept in', () => {
    const read = readRpmDatabase(path, content, null);
    expect(read.headers).toHaveLength(3);
    expect(read.headers.find((each) => each.name === 'demo-tool')?.files.flatMap(([, names]) => names)).toHaveLength(
      153,
    );
    expect(readCondensed(condenseRpmDatabase(path, content))).toEqual(read);
    expect(readCondensed(content)).toBeNull();
  });

  test('that is damaged is read as far as it goes, and never throws or turns in circles', () => {
    const random = randomOf(7);
    let named = 0;
    for (let round = 0; round < 200; round += 1) {
      const { headers, problems } = readRpmDatabase(path, mutate(content, random), null);
      expect(headers.length).toBeLessThan(100);
      if (headers.length < 3 && problems.length > 0) named += 1;
      if (headers.length === 0) expect(problems).not.toEqual([]);
    }
    expect(named).toBeGreaterThan(10);
  });

  test('that is cut in half is named as such', async () => {
    const half = content.subarray(0, content.length >> 1);
    const found = gaps(await take([[ROCKY, { path, content: half }]]));
    expect(found).toContain(`unreadable rpm-database ${path}`);
  });
});

test('files of a package belong to it, until a later layer replaces them', async () => {
  const program = { path: 'usr/bin/demo-tool', content: GO_ELF, mode: 0o755 };
  const base = [ROCKY, { path: 'var/lib/rpm/rpmdb.sqlite', content: fixture('rpmdb.sqlite') }, program];
  expect(gaps(await take([base]))).toEqual([]);
  expect((await take([base, [program]])).missing.map((each) => each.path)).toEqual([program.path]);
});

test('a package carries the layer that installed it, though the database is rewritten in a later one', async () => {
  const layers = [
    gzipLayer(ROCKY, { path: 'usr/bin/demo-tool', content: '#!/bin/sh\n', mode: 0o755 }),
    gzipLayer(
      { path: 'var/lib/rpm/rpmdb.sqlite', content: fixture('rpmdb.sqlite') },
      { path: 'etc/other.conf', content: 'x' },
    ),
  ];
  const { packages } = await inventoryImage({ layers, config: {} });
  expect(
    packages.map(({ name, layer }) => [name, layers.findIndex((each) => each.descriptor.digest === layer)]),
  ).toEqual([
    ['demo-tool', 0],
    ['demo-tool-libs', 1],
    ['other', 1],
  ]);
});

test('records that lie over each other are not read again and again', () => {
  const content = Buffer.from(fixture('Packages.db'));
  // Every free slot of the first page is made to point to the largest header, under its own number.
  const slots = Array.from({ length: 254 }, (_, at) => 32 + at * 16);
  const used = slots.filter((at) => content.readUInt32LE(at + 8) !== 0);
  const largest = used.reduce((a, b) => (content.readUInt32LE(a + 12) > content.readUInt32LE(b + 12) ? a : b));
  for (const at of slots) content.copy(content, at, largest, largest + 16);
  const { headers, problems } = readRpmDatabase('x/Packages.db', content, null);
  expect(headers).toHaveLength(1);
  expect(problems.length).toBeLessThan(30);
});

test('a file that calls itself the short form of a database is none', async () => {
  const content = '{"headers":[{"name":"x"}],"problems":[]}';
  const inventory = await take([[ROCKY, { path: 'var/lib/rpm/Packages', content }]]);
  expect(inventory.packages).toEqual([]);
  expect(gaps(inventory)).toContain('unreadable rpm-database var/lib/rpm/Packages');
});

test('what is in the log beside the database counts', async () => {
  const database = { path: 'var/lib/rpm/rpmdb.sqlite', content: fixture('logged.sqlite') };
  const log = { path: 'var/lib/rpm/rpmdb.sqlite-wal', content: fixture('logged.sqlite-wal') };
  const names = async (...files: (typeof log)[]) => (await take([[ROCKY, ...files]])).packages.map((each) => each.name);
  expect(await names(database)).toEqual(['demo-tool', 'demo-tool-libs', 'other']);
  expect(await names(database, log)).toEqual(['demo-tool', 'demo-tool-libs', 'later']);
  expect(await names(database, { ...log, content: Buffer.alloc(0) })).toEqual(['demo-tool', 'demo-tool-libs', 'other']);
  const random = randomOf(3);
  for (let round = 0; round < 200; round += 1)
    expect(readRpmDatabase(database.path, database.content, mutate(log.content, random)).headers.length).toBeLessThan(
      9,
    );
});

test('an old database beside a new one is named and not read', async () => {
  const inventory = await take([
    [
      ROCKY,
      { path: 'var/lib/rpm/rpmdb.sqlite', content: fixture('rpmdb.sqlite') },
      { path: 'var/lib/rpm/Packages', content: fixture('Packages') },
    ],
  ]);
  expect(purls(inventory)).toEqual(EXPECTED);
  expect(gaps(inventory)).toEqual(['unreadable rpm-database var/lib/rpm/Packages']);
});

test('a key that rpm keeps among its packages is listed, without a licence', async () => {
  const line = 'gpg-pubkey\tb86b3716-61e69f29\t1642499881\t1642499881\t(none)\t0\t0\t(none)\t0\t(none)\n';
  const inventory = await take([[ROCKY, { path: 'var/lib/rpmmanifest/container-manifest-2', content: line }]]);
  expect(inventory.packages.map((each) => [each.purl, each.licenses])).toEqual([
    ['pkg:rpm/rocky/gpg-pubkey@b86b3716-61e69f29?distro=rocky-9.3', []],
  ]);
});

test('the list of images without a database is read, and lines that are no packages are named', async () => {
  const line =
    'openssl-libs\t1.1.1k-20.cm2\t1653816591\t1653628699\tMicrosoft Corporation\t1\t580\tx86_64\t0\topenssl-1.1.1k-20.cm2.src.rpm\n';
  const inventory = await take([
    [
      { path: 'etc/os-release', content: 'ID=mariner\nVERSION_ID="2.0"\n' },
      { path: 'var/lib/rpmmanifest/container-manifest-2', content: `${line}rubbish\n` },
    ],
  ]);
  expect(purls(inventory)).toEqual([
    'pkg:rpm/mariner/openssl-libs@1.1.1k-20.cm2?arch=x86_64&distro=mariner-2.0&epoch=1&upstream=openssl-1.1.1k-20.cm2.src.rpm',
  ]);
  expect(inventory.missing.map((each) => each.detail)).toEqual(['line 2 is no package']);
});

test.each<[string, string]>([
  ['GPLv2+ and MIT', 'GPL-2.0-or-later AND MIT'],
  ['(MPLv1.1 or LGPLv3+) and ASL 2.0', '(MPL-1.1 OR LGPL-3.0-or-later) AND Apache-2.0'],
  ['GPL-2.0-or-later WITH Classpath-exception-2.0', 'GPL-2.0-or-later WITH Classpath-exception-2.0'],
  ['GPLv2 and Redistributable, no modification permitted', 'GPLv2 and Redistributable, no modification permitted'],
  ['pubkey', 'pubkey'],
])('the licence %s is %s', (text, expected) => expect(rpmLicence(text)).toBe(expected));
