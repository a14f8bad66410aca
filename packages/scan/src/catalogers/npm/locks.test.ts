/** Lock files and archives of Yarn, pnpm and Bun; npm's own are tested with installed trees in `inventory`. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gaps, packageJson, purls, take } from '../../inventory/image.fixture.ts';
import { makeZip } from '../../zip/zip.fixture.ts';
import { filesBelow } from '../files.fixture.ts';

const fixtures = (name: string) =>
  filesBelow(join(import.meta.dirname, 'fixtures', name)).map((each) => ({ ...each, path: `app/${each.path}` }));

/** The project of the fixtures; its member `lib` is no package of the registry. */
const LOCKED = [
  'pkg:npm/%40babel/code-frame@7.22.13',
  'pkg:npm/%40babel/helper-validator-identifier@7.29.7',
  'pkg:npm/%40babel/highlight@7.25.9',
  'pkg:npm/ansi-styles@3.2.1',
  'pkg:npm/chalk@2.4.2',
  'pkg:npm/color-convert@1.9.3',
  'pkg:npm/color-name@1.1.3',
  'pkg:npm/escape-string-regexp@1.0.5',
  'pkg:npm/has-flag@3.0.0',
  'pkg:npm/js-tokens@4.0.0',
  'pkg:npm/lodash@4.17.20',
  'pkg:npm/loose-envify@1.4.0',
  'pkg:npm/lru-cache@6.0.0',
  'pkg:npm/ms@2.1.3',
  'pkg:npm/picocolors@1.1.1',
  'pkg:npm/react@18.2.0',
  'pkg:npm/semver@7.5.0',
  'pkg:npm/supports-color@5.5.0',
  'pkg:npm/use-sync-external-store@1.2.0',
  'pkg:npm/yallist@4.0.0',
];

describe('a lock file', () => {
  test.each(['yarn-1', 'pnpm-5', 'pnpm-6', 'pnpm-9', 'bun'])(
    'of %s gives what it pins, under real names',
    async (folder) => {
      const inventory = await take([fixtures(folder)]);
      expect([purls(inventory), inventory.missing]).toEqual([LOCKED, []]);
    },
  );

  test('of Yarn with Plug’n’Play gives what it pins where the archives are elsewhere', async () => {
    const inventory = await take([fixtures('yarn-pnp').filter((each) => !each.path.endsWith('.zip'))]);
    expect([purls(inventory), inventory.missing]).toEqual([LOCKED, []]);
  });

  test.each(['yarn-1', 'pnpm-9', 'bun'])('of %s beside an installed tree is covered by it', async (folder) => {
    const inventory = await take([[...fixtures(folder), packageJson('app/node_modules/ms', 'ms', '2.1.2')]]);
    expect(purls(inventory)).toEqual(['pkg:npm/ms@2.1.2']);
  });

  test.each<[string, string, string]>([
    ['yarn.lock', 'x: 1\n', 'yarn-lock'],
    ['yarn.lock', '__metadata: [\n', 'yarn-lock'],
    ['pnpm-lock.yaml', 'packages: {}\n', 'pnpm-lock'],
    ['pnpm-lock.yaml', `lockfileVersion: '9.0'\na: &a [x]\nb: [*a, *a]\n`, 'pnpm-lock'],
    ['bun.lock', '{ "x": 1 }', 'bun-lock'],
  ])('%s that holds %j is named', async (path, content, what) => {
    expect(gaps(await take([[{ path, content }]]))).toEqual([`unreadable ${what} ${path}`]);
  });

  test.each<[string, string, string[], string[]]>([
    [
      'yarn.lock',
      '# yarn lockfile v1\n\n"a@^1", a@~1.2:\n  version "1.2.3"\n\nb@file:../b:\n  version "1.0.0"\n\nc@1:\n  resolved "x"\n\n"d e@1":\n  version "1"\n',
      ['pkg:npm/a@1.2.3'],
      ['entry "c@1" has no version', 'entry "d e@1" has no readable name and version'],
    ],
    [
      'yarn.lock',
      '__metadata:\n  version: 8\n\n"a@patch:a@npm%3A1.0.0#x":\n  version: 1.0.0\n  resolution: "a@patch:a@npm%3A1.0.0#x::hash=1"\n\n"w@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "w@workspace:."\n',
      ['pkg:npm/a@1.0.0'],
      [],
    ],
    [
      'pnpm-lock.yaml',
      "---\nlockfileVersion: '9.0'\npackages:\n  'pnpm@10.0.0': {}\n---\nlockfileVersion: '9.0'\npackages:\n  'a@https://x/a.tgz': {version: 1.0.0}\n  '@s/b@2.0.0(c@1.0.0)': {}\n  'l@file:l': {resolution: {directory: l, type: directory}}\n  'rubbish': {}\n",
      ['pkg:npm/%40s/b@2.0.0', 'pkg:npm/a@1.0.0', 'pkg:npm/pnpm@10.0.0'],
      ['entry "rubbish" has no readable name and version'],
    ],
    [
      'pnpm-lock.yaml',
      'lockfileVersion: 5.3\npackages:\n  /a/1.0.0_b@2.0.0+c@3.0.0: {}\n  npm.example.org/@s/d/4.0.0: {}\n  github.com/u/e/0123abc: {name: e, version: 5.0.0}\n',
      ['pkg:npm/%40s/d@4.0.0', 'pkg:npm/a@1.0.0', 'pkg:npm/e@5.0.0'],
      [],
    ],
    [
      'bun.lock',
      '{ "lockfileVersion": 1, // c\n "packages": { "a": ["a@1.0.0", "", {},], "k": ["b ,]@x", ""], "w": ["w@workspace:w"], }, }',
      ['pkg:npm/a@1.0.0'],
      ['entry "k" has no readable name and version'],
    ],
  ])('%s is read entry by entry: %j', async (path, content, expected, problems) => {
    const inventory = await take([[{ path, content }]]);
    expect([purls(inventory), inventory.missing.map((each) => each.detail)]).toEqual([expected, problems]);
  });
});

describe('Plug’n’Play', () => {
  test('packages are read from the archives they run from, with their licence, and the lock is not counted again', async () => {
    const inventory = await take([fixtures('yarn-pnp')]);
    expect(inventory.missing).toEqual([]);
    expect(purls(inventory)).toEqual(
      LOCKED.filter((each) => !/highlight|ansi|chalk|js-tokens|lodash|react@|semver/.test(each)),
    );
    expect(inventory.packages.find((each) => each.name === 'ms')).toMatchObject({
      licenses: ['MIT'],
      paths: ['app/.yarn/cache/ms-npm-2.1.3-81ff3cfac1-d924b57e73.zip'],
    });
  });

  test('a loader of archives that are nowhere is named', async () => {
    expect(gaps(await take([[{ path: 'app/.pnp.cjs', content: 'x' }]]))).toEqual([
      'unreadable yarn-plug-and-play app/.pnp.cjs',
    ]);
  });

  test.each([
    ['no archive', Buffer.from('x')],
    ['an archive of something else', makeZip([{ name: 'x', content: 'y' }])],
    ['a package.json that names nothing', makeZip([{ name: 'node_modules/a/package.json', content: '{' }])],
  ])('%s is named', async (_name, content) => {
    const path = 'app/.yarn/cache/a-npm-1.zip';
    expect(gaps(await take([[{ path, content }]]))).toEqual([`unreadable npm-package ${path}`]);
  });
});
