import { describe, expect, test } from 'vitest';
import { gaps, packageJson, purls, take } from './image.fixture.ts';

describe('npm', () => {
  test('installed trees are read where they lie, and the application that they were installed for', async () => {
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
    expect(purls(inventory)).toEqual([
      'pkg:npm/%40s/b@2.0.0',
      'pkg:npm/a@1.0.0',
      'pkg:npm/c@3.0.0',
      'pkg:npm/my-app@1.0.0',
    ]);
    expect(inventory.packages[1]).toMatchObject({
      licenses: ['MIT'],
      paths: ['app/node_modules/a/package.json', 'other/node_modules/a/package.json'],
    });
    expect(gaps(inventory)).toEqual(['unreadable npm-package app/node_modules/broken/package.json']);
  });

  test.each<[string, string, string, string[]]>([
    ['a tool that was unpacked', 'opt/yarn-v1.22.19', '1.22.19', ['pkg:npm/x@1.22.19']],
    ['a copy inside a package', 'app/node_modules/a/vendor/x', '2.0.0', ['pkg:npm/x@2.0.0']],
    ['a marker inside a package', 'app/node_modules/a/dist/cjs', '0.0.0', []],
    ['a template', 'app/scaffold/x', '{{version}}', []],
    ['test data of a package', 'app/node_modules/a/test/resolver/x', '1.0.0', []],
    ['test data of a Python package', 'lib/site-packages/a/tests/x', '1.0.0', []],
    ['what Go’s module cache holds', 'go/pkg/mod/example.com/x@v1.0.0/web', '1.0.0', []],
  ])('%s elsewhere in the image', async (_name, at, version, expected) => {
    expect(purls(await take([[packageJson(at, 'x', version)]]))).toEqual(expected);
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

  test.each<[string, Record<string, unknown>]>([
    [
      'versions 2 and 3',
      {
        packages: {
          'node_modules/a': { version: '1.0.0' },
          'node_modules/d': { version: '2.0.0', dev: true },
          'node_modules/o': { version: '3.0.0', devOptional: true },
        },
      },
    ],
    [
      'version 1',
      { dependencies: { a: { version: '1.0.0' }, d: { version: '2.0.0', dev: true }, o: { version: '3.0.0' } } },
    ],
  ])(
    'what a lock of %s says is for development is marked, and what is an option of both is not',
    async (_name, lock) => {
      const inventory = await take([[{ path: 'app/package-lock.json', content: JSON.stringify(lock) }]]);
      expect(purls(inventory)).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/d@2.0.0?scope=development', 'pkg:npm/o@3.0.0']);
    },
  );

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
