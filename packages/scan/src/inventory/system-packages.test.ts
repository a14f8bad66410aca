/** Packages of Debian and Alpine as images hold them: what is found, who owns it, what is hidden. */
import { gzipSync } from 'node:zlib';
import { type FixtureEntry, gzipLayer, layerOf, paxEntry, tar, tarEntry } from '@pratique/oci/layers/tar-fixture';
import { describe, expect, test } from 'vitest';
import { ALPINE, gaps, OS, packageJson, purls, record, status, take } from './image.fixture.ts';
import { inventoryImage } from './inventory-image.ts';

describe('Debian', () => {
  test('packages come from status with their source, and only those whose files are there', async () => {
    const inventory = await take([
      [
        OS,
        status(
          record('libssl3', '3.0.11-1~deb12u2', 'Status: install ok installed\nSource: openssl\n') +
            record('perl-base', '5.36.0-7+b1', 'Status: install ok half-configured\nSource: perl (5.36.0-7)\n') +
            record('gone', '1', 'Status: deinstall ok config-files\n') +
            record('never', '1', 'Status: unknown ok not-installed\n'),
        ),
      ],
    ]);
    expect(inventory.distribution).toEqual({
      id: 'debian',
      version: '12',
      codename: 'bookworm',
      name: 'Debian GNU/Linux 12 (bookworm)',
    });
    expect(
      inventory.packages.map(({ name, version, sourceName, sourceVersion }) => [
        name,
        version,
        sourceName,
        sourceVersion,
      ]),
    ).toEqual([
      ['libssl3', '3.0.11-1~deb12u2', 'openssl', '3.0.11-1~deb12u2'],
      ['perl-base', '5.36.0-7+b1', 'perl', '5.36.0-7'],
    ]);
    expect(purls(inventory)[0]).toBe(
      'pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl',
    );
    expect(inventory.missing).toEqual([]);
  });

  test('status.d of distroless images is read, and its checksum lists say who owns what', async () => {
    const inventory = await take([
      [
        OS,
        { path: 'var/lib/dpkg/status.d/base', content: record('base-files', '12.4', '') },
        { path: 'var/lib/dpkg/status.d/cHl0aG9uMw', content: record('python3', '3.11.2', '').trimEnd() + '\n' },
        {
          path: 'var/lib/dpkg/status.d/cHl0aG9uMw.md5sums',
          content: `${'0'.repeat(32)}  usr/lib/python3/a.dist-info/METADATA\n`,
        },
        { path: 'usr/lib/python3/a.dist-info/METADATA', content: 'Name: a\nVersion: 1\n' },
        { path: 'usr/lib/python3/b.dist-info/METADATA', content: 'Name: b\nVersion: 1\n' },
      ],
    ]);
    expect(inventory.packages.map((each) => [each.name, each.owner !== null])).toEqual([
      ['base-files', false],
      ['python3', false],
      ['a', true],
      ['b', false],
    ]);
    expect(inventory.missing).toEqual([]);
  });

  test.each<[string, string, string[], string]>([
    [
      'a record without a version',
      `${record('a', '1')}Package: b\nStatus: install ok installed\n\n${record('c', '1')}`,
      ['a', 'c'],
      'record 2 (b)',
    ],
    ['a cut-off file', record('a', '1') + record('b', '1').slice(0, 64), ['a'], 'in the middle of record 2'],
    [
      'a line that is no field',
      record('a', '1').replace('Description: x', 'rubbish') + record('c', '1'),
      ['a', 'c'],
      'rubbish',
    ],
  ])(
    'of a database with %s what can be read is kept, and the record is named',
    async (_name, content, expected, text) => {
      const inventory = await take([[OS, status(content)]]);
      expect(inventory.packages.map((each) => each.name)).toEqual(expected);
      expect(inventory.missing.every((each) => each.kind === 'unreadable' && each.path === 'var/lib/dpkg/status')).toBe(
        true,
      );
      expect(inventory.missing.map((each) => each.detail).join('\n')).toContain(text);
    },
  );

  test('the database of the last layer counts, and packages carry the layer that wrote it', async () => {
    const layers = [gzipLayer(OS, status(record('a', '1'))), gzipLayer(status(record('a', '2')))];
    const inventory = await inventoryImage({ layers, config: {} });
    expect(inventory.packages.map(({ version, layer }) => [version, layer])).toEqual([
      ['2', layers[1]?.descriptor.digest],
    ]);
  });

  test('a package carries the layer that installed it, though every later one rewrites the database', async () => {
    const list = { path: 'var/lib/dpkg/info/a.list', content: '/.\n/bin/a\n' };
    const layers = [
      gzipLayer(OS, status(record('a', '1')), list),
      gzipLayer(status(record('a', '1') + record('b', '1'))),
    ];
    const { packages } = await inventoryImage({ layers, config: {} });
    expect(
      packages.map(({ name, layer }) => [name, layers.findIndex((each) => each.descriptor.digest === layer)]),
    ).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  test('names and versions that would be obeyed by a terminal are not taken', async () => {
    const inventory = await take([
      [
        { path: 'etc/os-release', content: 'ID=debian\nPRETTY_NAME="De\u001b[31mbian"\n' },
        status(record('a', '1\u001b[2J') + record('b', '1')),
        packageJson('node_modules/x', 'x', '1\u001b[2J'),
      ],
    ]);
    expect(inventory.distribution?.name).toBe('De [31mbian');
    expect(inventory.packages.map((each) => each.name)).toEqual(['b']);
    expect(gaps(inventory)).toEqual([
      'unreadable dpkg-database var/lib/dpkg/status',
      'unreadable npm-package node_modules/x/package.json',
    ]);
  });

  test('a whited-out database makes the inventory partial, not clean', async () => {
    const inventory = await take([[OS, status(record('a', '1'))], [{ path: 'var/lib/dpkg/.wh.status' }]]);
    expect(inventory.packages).toEqual([]);
    expect(gaps(inventory)).toEqual(['unreadable package-database etc/os-release']);
  });

  test.each<[string, (FixtureEntry | Buffer)[]]>([
    [
      'behind a link to a place that is not looked at',
      [
        { path: 'opt/db', content: record('a', '1') },
        { path: 'var/lib/dpkg/status', link: '../../../opt/db' },
      ],
    ],
    [
      'in a directory that is a link',
      [
        { path: 'opt/dpkg/status', content: record('a', '1') },
        { path: 'var/lib/dpkg', link: '/opt/dpkg' },
      ],
    ],
    [
      'as a hard link',
      [
        { path: 'opt/db', content: record('a', '1') },
        { path: 'var/lib/dpkg/status', flag: '1', link: 'opt/db' },
      ],
    ],
    [
      'as a sparse file',
      [
        paxEntry({ 'GNU.sparse.name': 'var/lib/dpkg/status', 'GNU.sparse.realsize': '90' }),
        tarEntry({ path: 'x', content: record('a', '1') }),
      ],
    ],
  ])('a database hidden %s is unreadable by name', async (_name, entries) => {
    const inventory = await inventoryImage({ layers: [layerOf(gzipSync(tar(OS, ...entries)))], config: {} });
    expect(gaps(inventory)).toContain('unreadable dpkg var/lib/dpkg/status');
  });

  test('files of an upgrade belong to the package though its list is that of a lower layer', async () => {
    const list = { path: 'var/lib/dpkg/info/app.list', content: '/usr/lib/node_modules/inner/package.json\n' };
    const database = (version: string) => [
      status(record('app', version)),
      {
        path: 'var/lib/dpkg/info/app.md5sums',
        content: `${version.padEnd(32, '0')}  usr/lib/node_modules/inner/package.json\n`,
      },
      packageJson('usr/lib/node_modules/inner', 'inner', version),
    ];
    const ownerOf = async (layers: Parameters<typeof take>[0]) =>
      (await take(layers)).packages.find(({ type }) => type === 'npm')?.owner ?? null;
    const lower = [OS, list, ...database('1')];
    expect(await ownerOf([lower, database('2')])).toMatch(/^pkg:deb\/debian\/app@2/);
    // Without the sums nothing says that dpkg brought it.
    const [state, , other] = database('3');
    expect(await ownerOf([lower, state && other ? [state, other] : []])).toBeNull();
  });
});

describe('Alpine', () => {
  const installed =
    'C:Q1abc=\nP:busybox\nV:1.36.1-r29\nA:x86_64\no:busybox\nL:GPL-2.0-only\nF:bin\nR:busybox\nF:usr/lib/node_modules/npm\nR:package.json\n\nP:ssl_client\nV:1.36.1-r29\nA:x86_64\no:busybox\n\n';
  test.each(['lib/apk/db/installed', 'usr/lib/apk/db/installed'])(
    'packages come from %s with their origin',
    async (path) => {
      const inventory = await take([[ALPINE, { path, content: installed }]]);
      expect(purls(inventory)).toEqual([
        'pkg:apk/alpine/busybox@1.36.1-r29?arch=x86_64&distro=alpine-3.20.3',
        'pkg:apk/alpine/ssl_client@1.36.1-r29?arch=x86_64&distro=alpine-3.20.3&upstream=busybox',
      ]);
      expect(inventory.packages[1]).toMatchObject({ sourceName: 'busybox', sourceVersion: '1.36.1-r29' });
      expect(inventory.missing).toEqual([]);
    },
  );

  test('a package of npm inside a package of apk has an owner, until a later layer replaces it', async () => {
    const base = [
      ALPINE,
      { path: 'lib/apk/db/installed', content: installed },
      packageJson('usr/lib/node_modules/npm', 'npm', '10.0.0'),
    ];
    const before = await take([base]);
    expect(before.packages.find((each) => each.type === 'npm')?.owner).toBe(
      'pkg:apk/alpine/busybox@1.36.1-r29?arch=x86_64&distro=alpine-3.20.3',
    );
    const after = await take([base, [packageJson('usr/lib/node_modules/npm', 'npm', '11.0.0')]]);
    expect(after.packages.find((each) => each.type === 'npm')).toMatchObject({ version: '11.0.0', owner: null });
  });
});
