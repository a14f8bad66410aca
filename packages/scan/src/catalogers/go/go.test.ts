import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { GO_ELF, gaps, OS, purls, record, status, take } from '../../inventory/image.fixture.ts';
import { readFindings } from '../executables/findings.ts';
import { readProgram } from '../executables/read-program.ts';
import { filesBelow } from '../files.fixture.ts';
import { mutate, randomOf } from '../mutate.fixture.ts';
import { newRustBudget } from '../rust/find-audit.ts';
import { parseGoMod, parseGoSum, parseVendored } from './go-mod.ts';
import { mainVersion, parseBuildInfo, toolchainVersion } from './parse-build-info.ts';

const folder = join(import.meta.dirname, 'fixtures');
const fixture = (name: string): Buffer => gunzipSync(readFileSync(join(folder, `${name}.gz`)));
const program = (name: string, path = `app/${name}`) => ({ path, content: fixture(name), mode: 0o755 });
const SYSTEM = [OS, status(record('a', '1'))];
const own = (inventory: Awaited<ReturnType<typeof take>>) =>
  purls(inventory).filter((each) => each.startsWith('pkg:golang'));

const LIBRARIES = ['pkg:golang/github.com/google/uuid@v1.5.0', 'pkg:golang/golang.org/x/text@v0.14.0'];
const SERVER = 'pkg:golang/example.org/demo/server@v0.0.0-20261122164158-ab770893dd3b';

describe('a program says what it was built from', () => {
  test.each<[string, string, string, string, string[]]>([
    ['of Linux', 'server', SERVER, '1.26.8', LIBRARIES],
    [
      'of a 32-bit machine, built without version control',
      'server.x',
      'pkg:golang/example.org/demo/server',
      '1.26.8',
      LIBRARIES,
    ],
    ['of a big-endian machine', 'server.s390x', `${SERVER}+dirty`, '1.26.8', LIBRARIES],
    ['of Windows', 'server.exe', `${SERVER}+dirty`, '1.26.8', LIBRARIES],
    ['of macOS', 'server.mac', `${SERVER}+dirty`, '1.26.8', LIBRARIES],
    [
      'of Go 1.16, which points to its texts',
      'esbuild',
      'pkg:golang/github.com/evanw/esbuild',
      '1.16',
      ['pkg:golang/golang.org/x/sys@v0.0.0-20200501145240-bc7a7d42d5c3'],
    ],
  ])('one %s', async (_name, file, main, go, libraries) => {
    const inventory = await take([[...SYSTEM, program(file)]]);
    expect(own(inventory).sort()).toEqual([main, ...libraries, `pkg:golang/stdlib@${go}`].sort());
    expect(inventory.missing).toEqual([]);
    expect(inventory.packages.find((each) => each.name === 'stdlib')).toMatchObject({
      version: go,
      paths: [`app/${file}`],
    });
  });

  test('however its bytes are cut into pieces', () => {
    const random = randomOf(1);
    for (const name of ['server', 'esbuild']) {
      const content = fixture(name);
      const whole = readProgram(name, newRustBudget());
      whole.data(content);
      const expected = readFindings(whole.end().content ?? Buffer.alloc(0));
      expect(expected.go?.modules).toContain('golang.org/x/');
      for (let round = 0; round < 3; round += 1) {
        const reader = readProgram(name, newRustBudget());
        for (let at = 0; at < content.length; ) {
          const size = 1 + (random() % (at < 20_000 ? 40 : 60_000));
          reader.data(Buffer.from(content.subarray(at, at + size)));
          at += size;
        }
        expect(readFindings(reader.end().content ?? Buffer.alloc(0))).toEqual(expected);
      }
    }
  });

  test('one that a package owns gives rows with their owner, one that cannot be read is named', async () => {
    const list = { path: 'var/lib/dpkg/info/a.list', content: '/.\n/usr/bin/server\n' };
    const owned = await take([[...SYSTEM, list, program('server', 'usr/bin/server')]]);
    expect(owned.packages.filter((each) => each.type === 'golang').map((each) => each.owner)).toEqual(
      Array.from({ length: 4 }, () => 'pkg:deb/debian/a@1?arch=amd64&distro=debian-12'),
    );
    const broken = await take([[...SYSTEM, { path: 'app/x', content: GO_ELF, mode: 0o755 }]]);
    expect([own(broken), gaps(broken)]).toEqual([[], ['unreadable go-binary app/x']]);
  });

  test('one whose information is damaged is read as far as it goes, and never throws', () => {
    const random = randomOf(11);
    for (const [name, from, length] of [
      ['server', 0, 8192],
      ['server', -1, 2048],
      ['esbuild', -1, 512],
    ] as const) {
      const content = fixture(name);
      const start = from < 0 ? alignedMagic(content) : from;
      for (let round = 0; round < 100; round += 1) {
        const part = mutate(content.subarray(start, start + length), random);
        const reader = readProgram(name, newRustBudget());
        reader.data(
          Buffer.concat([content.subarray(0, start), part, content.subarray(start + length, start + 200_000)]),
        );
        const { content: found } = reader.end();
        if (found) parseBuildInfo(readFindings(found).go?.modules ?? '');
      }
    }
  });
});

function alignedMagic(content: Buffer): number {
  let at = content.indexOf('\xff Go buildinf:', 0, 'latin1');
  while (at % 16 !== 0) at = content.indexOf('\xff Go buildinf:', at + 1, 'latin1');
  return at;
}

describe('the main module', () => {
  const version = (...settings: string[]): string =>
    mainVersion(parseBuildInfo(['mod\ta.b/c\t(devel)\t', ...settings.map((each) => `build\t${each}`)].join('\n')));
  test.each<[string, string[], string]>([
    ['is known by a flag of the linker', ['-ldflags="-s -w -X main.version=v2.3.4 -X main.commit=abc"'], 'v2.3.4'],
    [
      'is known by a flag of another package',
      ['-ldflags=-X github.com/a/b/internal/version.Version=1.2.3-rc.1'],
      'v1.2.3-rc.1',
    ],
    [
      'is known by its commit',
      ['vcs.revision=ab770893dd3b14611f0e1765fcb1491e03337841', 'vcs.time=2026-11-22T16:41:58Z'],
      'v0.0.0-20261122164158-ab770893dd3b',
    ],
    ['of which nothing is known', ['-ldflags=-X main.date=2024.1.1'], '(devel)'],
  ])('%s', (_name, settings, expected) => expect(version(...settings)).toBe(expected));
});

test.each<[string, string | null]>([
  ['go1.22.1', '1.22.1'],
  ['go1.22', '1.22'],
  ['go1.21rc2', '1.21rc2'],
  ['go1.22.1 X:boringcrypto', '1.22.1'],
  ['go1.22.1-20240109-RC01', '1.22.1'],
  ['devel go1.23-0a1b2c3 Mon Jan 1 00:00:00 2024 +0000', null],
])('Go %s is %s', (text, expected) => expect(toolchainVersion(text)).toBe(expected));

describe('source', () => {
  const files = (name: string, to: string) =>
    filesBelow(join(folder, name)).map((each) => ({ ...each, path: `${to}/${each.path}` }));

  test.each(['source', 'vendored'])('%s gives what it needs, replacements applied', async (name) => {
    const inventory = await take([[...SYSTEM, ...files(name, 'src')]]);
    expect([own(inventory), inventory.missing]).toEqual([LIBRARIES, []]);
  });

  test('of a module whose program is there adds nothing', async () => {
    expect(own(await take([[...SYSTEM, ...files('source', 'src'), program('server')]]))).toEqual([
      SERVER,
      ...LIBRARIES,
      'pkg:golang/stdlib@1.26.8',
    ]);
  });

  test.each([
    'usr/local/go/src',
    'usr/local/go/src/cmd',
    'src/testdata/x',
    'root/go/pkg/mod/golang.org/x/text@v0.14.0',
    'src/vendor/x',
    'usr/lib/go-1.22/src',
  ])('in %s is nothing that was built', async (path) => {
    const inventory = await take([[...SYSTEM, ...files('source', path)]]);
    expect([own(inventory), inventory.missing]).toEqual([[], []]);
  });

  test('in a folder where programs are often built is read, that of Go itself is not, wherever it lies', async () => {
    const content = 'module cmd\ngo 1.26\nrequire a.b/c v1.0.0\n';
    const inventory = await take([
      [...SYSTEM, ...files('source', 'go/src/app'), { path: 'opt/x/src/cmd/go.mod', content }],
    ]);
    expect([own(inventory), inventory.missing]).toEqual([LIBRARIES, []]);
  });

  test('of which Go holds a copy has lock files of others that pin nothing here', async () => {
    const path = 'usr/local/go/src/cmd/vendor/golang.org/x/telemetry/package-lock.json';
    const content = JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0' } } });
    const inventory = await take([[...SYSTEM, { path, content }]]);
    expect(purls(inventory).filter((each) => each.startsWith('pkg:npm'))).toEqual([]);
  });

  test('before Go 1.17 names its indirect needs in go.sum alone', async () => {
    const mod = { path: 'src/go.mod', content: 'module a.b/c\ngo 1.16\nrequire d.e/f v1.0.0 // indirect\n' };
    const sum = {
      path: 'src/go.sum',
      content: 'd.e/f v1.0.0 h1:x\nd.e/f v1.0.0/go.mod h1:x\ng.h/i v2.0.0 h1:x\nj.k/l v3.0.0/go.mod h1:x\n',
    };
    expect(own(await take([[...SYSTEM, mod, sum]]))).toEqual(['pkg:golang/d.e/f@v1.0.0', 'pkg:golang/g.h/i@v2.0.0']);
  });

  test('that is none is named, and its entries that are none', async () => {
    const inventory = await take([
      [
        ...SYSTEM,
        { path: 'a/go.mod', content: 'rubbish' },
        {
          path: 'b/go.mod',
          content:
            'module b.c/d\ngo 1.20\nrequire (\n\te.f/g\n\th.i/j v1.0.0\n\tk.l/m v1.0.0\n)\nreplace (\n\tk.l/m v1.0.0 => ./here\n)\nexclude h.i/j v0.9.0\n',
        },
      ],
    ]);
    expect(own(inventory)).toEqual(['pkg:golang/h.i/j@v1.0.0']);
    expect(gaps(inventory)).toEqual(['unreadable go-module a/go.mod', 'unreadable go-module b/go.mod']);
  });

  test('that is damaged never throws', () => {
    const random = randomOf(5);
    const content = (name: string) => readFileSync(join(folder, name));
    for (let round = 0; round < 200; round += 1) {
      parseGoMod(mutate(content('source/go.mod'), random));
      parseGoSum(mutate(content('source/go.sum'), random));
      parseVendored(mutate(content('vendored/vendor/modules.txt'), random));
    }
  });
});
