import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gaps, purls, take } from '../../inventory/image.fixture.ts';
import { filesBelow } from '../files.fixture.ts';

const files = filesBelow(join(import.meta.dirname, 'fixtures/documented'));

test('a published application gives its packages and its runtime, and a lock of something else what it pins', async () => {
  const inventory = await take([files]);
  expect(inventory.packages.map((each) => [each.purl, each.paths[0]])).toEqual([
    ['pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1', 'app/shop.deps.json'],
    ['pkg:nuget/Newtonsoft.Json@12.0.1', 'app/shop.deps.json'],
    ['pkg:nuget/Serilog@3.1.1', 'src/packages.lock.json'],
    ['pkg:nuget/Serilog.Sinks.Console@5.0.1', 'src/packages.lock.json'],
  ]);
  expect(inventory.missing).toEqual([]);
});

test('a lock of what is published is not counted again', async () => {
  const lock = {
    version: 1,
    dependencies: {
      'net8.0': {
        'newtonsoft.json': { type: 'Direct', resolved: '12.0.1' },
        X: { type: 'Transitive', resolved: '1.0.0' },
      },
    },
  };
  const inventory = await take([
    [
      ...files.filter((each) => each.path.endsWith('.deps.json')),
      { path: 'src/packages.lock.json', content: JSON.stringify(lock) },
    ],
  ]);
  expect(purls(inventory)).toEqual([
    'pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1',
    'pkg:nuget/Newtonsoft.Json@12.0.1',
  ]);
});

test('what is no such file, and an entry without a version, are named', async () => {
  const inventory = await take([
    [
      { path: 'a.deps.json', content: '[]' },
      { path: 'b.deps.json', content: '{"libraries": {"x": {"type": "package"}, "y/1.0": {"type": "package"}}}' },
      { path: 'packages.lock.json', content: '{' },
    ],
  ]);
  expect([purls(inventory), gaps(inventory)]).toEqual([
    ['pkg:nuget/y@1.0'],
    ['unreadable nuget a.deps.json', 'unreadable nuget b.deps.json', 'unreadable nuget-lock packages.lock.json'],
  ]);
});
