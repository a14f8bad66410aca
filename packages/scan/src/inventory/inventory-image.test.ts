import type { FixtureEntry } from '@pratique/oci/layers/tar-fixture';
import { describe, expect, test } from 'vitest';
import { CATALOGERS } from '../catalogers/list.ts';
import { ELF, gaps, OS, packageJson, record, status, take } from './image.fixture.ts';

describe('what has no cataloger is named', () => {
  const system = [OS, status(record('a', '1'))];
  test.each<[string, FixtureEntry, string]>([
    ['a lock of Deno', { path: 'app/deno.lock', content: '{}' }, 'deno-lock'],
    ['a lock of Elixir', { path: 'src/mix.lock', content: '%{}' }, 'mix-lock'],
    ['a binary lock of Bun', { path: 'app/bun.lockb', content: 'x' }, 'bun-lock'],
  ])('%s', async (_name, entry, what) => {
    expect(gaps(await take([system, [entry]]))).toEqual([`no-cataloger ${what} ${entry.path}`]);
  });

  test('a binary lock beside an installed tree is covered by it', async () => {
    expect(
      gaps(
        await take([
          system,
          [{ path: 'app/bun.lockb', content: 'x' }, packageJson('app/node_modules/a', 'a', '1.0.0')],
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
    const locks = Array.from({ length: 500 }, (_, at) => ({ path: `app/${at}/deno.lock`, content: '{}' }));
    const { missing } = await take([system, [...locks, { path: 'src/mix.lock', content: 'x' }]]);
    expect(missing.length).toBeLessThanOrEqual(200);
    expect(missing.map((each) => each.what)).toContain('mix-lock');
    const rest = missing.find((each) => each.kind === 'limit');
    const listed = missing.filter((each) => each.what === 'deno-lock' && each.kind === 'no-cataloger').length;
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
