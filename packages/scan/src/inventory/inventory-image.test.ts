/** Inventories of images made here, as a whole: what is found, who owns it, what is missing. */
import { gzipSync } from 'node:zlib';
import { Inventory } from '@pratique/contract';
import { type FixtureEntry, gzipLayer, layerOf, paxEntry, tar, tarEntry } from '@pratique/oci/layers/tar-fixture';
import { describe, expect, test } from 'vitest';
import { CATALOGERS } from '../catalogers/list.ts';
import { type InventoryOptions, inventoryImage } from './inventory-image.ts';

const OS: FixtureEntry = {
  path: 'etc/os-release',
  content: 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
};
const ALPINE: FixtureEntry = {
  path: 'etc/os-release',
  content: 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
};
const ELF = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(600)]);
const GO_ELF = Buffer.concat([
  ELF,
  Buffer.alloc(300_000),
  Buffer.from('\xff Go buildinf:', 'latin1'),
  Buffer.alloc(100),
]);

function record(name: string, version: string, more = 'Status: install ok installed\n'): string {
  return `Package: ${name}\n${more}Architecture: amd64\nVersion: ${version}\nDescription: x\n more: text\n .\n\n`;
}

const status = (content: string): FixtureEntry => ({ path: 'var/lib/dpkg/status', content });
const packageJson = (at: string, name: string, version: string, more = {}): FixtureEntry => ({
  path: `${at}/package.json`,
  content: JSON.stringify({ name, version, ...more }),
});

async function take(
  entries: readonly (readonly FixtureEntry[])[],
  options: InventoryOptions = {},
  config: unknown = {},
): Promise<Inventory> {
  const inventory = await inventoryImage({ layers: entries.map((layer) => gzipLayer(...layer)), config }, options);
  expect(Inventory.parse(inventory)).toEqual(inventory); // what is promised to other processes
  return inventory;
}

const purls = (inventory: Inventory): string[] => inventory.packages.map((each) => each.purl);
const gaps = (inventory: Inventory): string[] =>
  inventory.missing.map((each) => `${each.kind} ${each.what} ${each.path}`);

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
        { path: 'usr/lib/python3/a.dist-info/METADATA', content: 'Name: a\n' },
        { path: 'usr/lib/python3/b.dist-info/METADATA', content: 'Name: b\n' },
      ],
    ]);
    expect(inventory.packages.map((each) => each.name)).toEqual(['base-files', 'python3']);
    expect(gaps(inventory)).toEqual(['no-cataloger python-dist usr/lib/python3/b.dist-info/METADATA']);
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

describe('npm', () => {
  test('installed trees are read where they lie, and only packages themselves', async () => {
    const inventory = await take([
      [
        packageJson('app', 'my-app', '1.0.0'),
        packageJson('app/node_modules/a', 'a', '1.0.0', { license: 'MIT' }),
        packageJson('app/node_modules/a/node_modules/@s/b', '@s/b', '2.0.0'),
        packageJson('app/node_modules/a/dist/esm', 'a-esm', '0.0.0'),
        packageJson('app/node_modules/.pnpm/c@3.0.0/node_modules/c', 'c', '3.0.0'),
        packageJson('other/node_modules/a', 'a', '1.0.0', { license: 'MIT' }),
        { path: 'app/node_modules/broken/package.json', content: '{' },
      ],
    ]);
    expect(purls(inventory)).toEqual(['pkg:npm/%40s/b@2.0.0', 'pkg:npm/a@1.0.0', 'pkg:npm/c@3.0.0']);
    expect(inventory.packages[1]).toMatchObject({
      licenses: ['MIT'],
      paths: ['app/node_modules/a/package.json', 'other/node_modules/a/package.json'],
    });
    expect(gaps(inventory)).toEqual(['unreadable npm-package app/node_modules/broken/package.json']);
  });

  const v1 = {
    lockfileVersion: 1,
    dependencies: {
      a: { version: '1.0.0', dependencies: { b: { version: '2.0.0' } } },
      alias: { version: 'npm:real@3.0.0' },
      local: { version: 'file:../local' },
    },
  };
  const v3 = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'app' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a/node_modules/b': { version: '2.0.0' },
      'node_modules/alias': { name: 'real', version: '3.0.0' },
      'node_modules/w': { link: true, resolved: 'w' },
      w: { version: '9.0.0' },
    },
  };
  test.each<[string, string, unknown]>([
    ['version 1', 'app/package-lock.json', v1],
    [
      'version 2, which says everything twice',
      'app/package-lock.json',
      { ...v3, lockfileVersion: 2, dependencies: v1.dependencies },
    ],
    ['version 3', 'app/npm-shrinkwrap.json', v3],
  ])('a lock file of %s gives the packages it pins', async (_name, path, lock) => {
    const inventory = await take([[{ path, content: JSON.stringify(lock) }]]);
    expect(purls(inventory)).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/b@2.0.0', 'pkg:npm/real@3.0.0']);
    expect(inventory.missing).toEqual([]);
  });

  test('a lock beside an installed tree is not counted again', async () => {
    const lock = { path: 'app/package-lock.json', content: JSON.stringify(v3) };
    const inventory = await take([[lock, packageJson('app/node_modules/a', 'a', '1.0.1')]]);
    expect(purls(inventory)).toEqual(['pkg:npm/a@1.0.1']);
  });

  test('a lock file that is none makes the inventory partial', async () => {
    expect(gaps(await take([[{ path: 'package-lock.json', content: '{"packages": 3}' }]]))).toEqual([
      'unreadable npm-lock package-lock.json',
    ]);
  });
});

describe('what has no cataloger is named', () => {
  const system = [OS, status(record('a', '1'))];
  test.each<[string, FixtureEntry, string]>([
    ['a jar', { path: 'app/x.JAR', content: 'PK' }, 'jar'],
    [
      'a Python package',
      { path: 'usr/lib/python3/site-packages/x-1.dist-info/METADATA', content: 'Name: x' },
      'python-dist',
    ],
    ['a Go program', { path: 'app/server', content: GO_ELF, mode: 0o755 }, 'go-binary'],
    ['an rpm database', { path: 'var/lib/rpm/rpmdb.sqlite', content: 'SQLite' }, 'rpm-database'],
    ['a crate lock', { path: 'src/Cargo.lock', content: '[[package]]' }, 'cargo-lock'],
    ['a gem', { path: 'usr/lib/ruby/gems/3.1.0/specifications/x-1.gemspec', content: 'x' }, 'gem'],
    ['a composer lock', { path: 'app/composer.lock', content: '{}' }, 'composer-lock'],
    ['a yarn lock', { path: 'app/yarn.lock', content: 'x' }, 'yarn-lock'],
    ['a .NET manifest', { path: 'app/x.deps.json', content: '{}' }, 'nuget'],
  ])('%s', async (_name, entry, what) => {
    expect(gaps(await take([system, [entry]]))).toEqual([`no-cataloger ${what} ${entry.path}`]);
  });

  test('a yarn lock beside an installed tree is covered by it', async () => {
    expect(
      gaps(
        await take([
          system,
          [{ path: 'app/yarn.lock', content: 'x' }, packageJson('app/node_modules/a', 'a', '1.0.0')],
        ]),
      ),
    ).toEqual([]);
  });

  test('an image of one static program and nothing else is partial', async () => {
    expect(
      gaps(
        await take([
          [
            { path: 'server', content: ELF, mode: 0o755 },
            { path: 'data', content: 'x' },
          ],
        ]),
      ),
    ).toEqual(['no-cataloger executable server']);
  });

  test('a long list is cut, with every kind still in it and the rest counted', async () => {
    const jars = Array.from({ length: 500 }, (_, at) => ({ path: `app/${at}.jar`, content: 'PK' }));
    const { missing } = await take([system, [...jars, { path: 'src/Cargo.lock', content: 'x' }]]);
    expect(missing.length).toBeLessThanOrEqual(200);
    expect(missing.map((each) => each.what)).toContain('cargo-lock');
    const rest = missing.find((each) => each.kind === 'limit');
    const listed = missing.filter((each) => each.what === 'jar' && each.kind === 'no-cataloger').length;
    expect(rest?.detail).toContain(String(500 - listed));
  });

  test('names that leave the root, files over the limit and Windows images are gaps', async () => {
    expect(gaps(await take([system, [{ path: '../x', content: 'x' }]]))).toEqual(['unreadable layer-entry ../x']);
    expect(gaps(await take([[OS, status(record('a', '1').repeat(10))]], { limits: { keptFileBytes: 200 } }))).toContain(
      'limit dpkg var/lib/dpkg/status',
    );
    expect(gaps(await take([system], {}, { os: 'windows' }))).toEqual(['no-cataloger windows-image ']);
  });

  test('a cataloger that throws is a status on the result, and the others still run', async () => {
    const broken = {
      ...CATALOGERS[1]!,
      name: 'broken',
      places: [],
      wants: () => false,
      catalog: () => {
        throw new Error('out of luck');
      },
    };
    const inventory = await take([system], { catalogers: [broken, ...CATALOGERS] });
    expect(inventory.packages).toHaveLength(1);
    expect(inventory.missing).toEqual([
      { kind: 'unreadable', what: 'broken', path: '', detail: 'the cataloger failed: out of luck' },
    ]);
  });
});

test('the file index holds what can run and links to it, with hash and layer', async () => {
  const inventory = await take([
    [
      OS,
      status(record('a', '1')),
      { path: 'bin/x', content: '#!/bin/sh\n', mode: 0o755 },
      { path: 'lib/y.so', content: ELF },
      { path: 'bin/z', link: 'x' },
      { path: 'etc/text', content: 'no' },
    ],
  ]);
  expect(inventory.files.map(({ path, sha256 }) => [path, sha256 === null])).toEqual([
    ['bin/x', false],
    ['bin/z', true],
    ['lib/y.so', false],
  ]);
  expect(inventory.files[0]?.diffId).toMatch(/^sha256:/);
});

test('the same image gives the same inventory', async () => {
  const layers = [[OS, status(record('b', '1') + record('a', '1')), packageJson('n/node_modules/x', 'x', '1.0.0')]];
  expect(JSON.stringify(await take(layers))).toBe(JSON.stringify(await take(layers)));
});

test.each<[string, unknown, string]>([
  ['another number of layers', { rootfs: { diff_ids: [] } }, 'lists 0 layers, the manifest 1'],
  ['diff ids that are none', { rootfs: { diff_ids: 'x' } }, 'rootfs.diff_ids'],
])('a configuration with %s is refused', async (_name, config, text) => {
  await expect(take([[OS]], {}, config)).rejects.toThrow(text);
});
