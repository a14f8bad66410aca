import { describe, expect, test } from 'vitest';
import { listing, merge } from './merge.fixture.ts';
import type { LayerInput } from './read-layer.ts';
import { type FixtureEntry, gzipLayer } from './tar-fixture.ts';

describe('layers are merged as the image specification says', () => {
  const lower = gzipLayer(
    { path: 'etc/' },
    { path: 'etc/a', content: '1' },
    { path: 'etc/b', content: '1' },
    { path: 'etc/sub/c', content: '1' },
  );
  test.each<[string, LayerInput[], string[]]>([
    [
      'a later file replaces an earlier one',
      [lower, gzipLayer({ path: './etc/a', content: '2' })],
      ['etc/a=2', 'etc/b=1', 'etc/sub/c=1'],
    ],
    ['a whiteout removes a file', [lower, gzipLayer({ path: 'etc/.wh.a' })], ['etc/b=1', 'etc/sub/c=1']],
    ['a whiteout removes a directory with all in it', [lower, gzipLayer({ path: '.wh.etc' })], []],
    [
      'a whiteout spares what its own layer adds, before it',
      [lower, gzipLayer({ path: 'etc/new', content: '2' }, { path: '.wh.etc' })],
      ['etc/new=2'],
    ],
    [
      'a whiteout spares what its own layer adds, after it',
      [lower, gzipLayer({ path: '.wh.etc' }, { path: 'etc/new', content: '2' })],
      ['etc/new=2'],
    ],
    [
      'an opaque directory hides all lower children, wherever the mark stands',
      [
        lower,
        gzipLayer({ path: 'etc/n', content: '2' }, { path: 'etc/.wh..wh..opq' }, { path: 'etc/m', content: '2' }),
      ],
      ['etc/m=2', 'etc/n=2'],
    ],
    [
      'bookkeeping of aufs is passed over',
      [lower, gzipLayer({ path: '.wh..wh.plnk/x', content: '2' }, { path: '.wh..wh.aufs' })],
      ['.wh..wh.plnk/x=2', 'etc/a=1', 'etc/b=1', 'etc/sub/c=1'],
    ],
    ['a file over a directory replaces the tree', [lower, gzipLayer({ path: 'etc', content: 'f' })], ['etc=f']],
    [
      'the last of two entries of a name counts',
      [gzipLayer({ path: 'a', content: '1' }, { path: 'a', content: '2' })],
      ['a=2'],
    ],
    [
      'a hard link has the content of its target',
      [gzipLayer({ path: 'a', content: '1' }), gzipLayer({ path: 'b', flag: '1', link: 'a' }, { path: '.wh.a' })],
      ['b=1'],
    ],
    ['an absolute name is taken from the root', [gzipLayer({ path: '/a//./b', content: '1' })], ['a/b=1']],
    ['dots inside a name are resolved', [gzipLayer({ path: 'a/../b', content: '1' })], ['b=1']],
    [
      'a directory link of a lower layer is followed',
      [
        gzipLayer({ path: 'usr/lib/x', content: '1' }, { path: 'lib', link: 'usr/lib' }),
        gzipLayer({ path: 'lib/y', content: '2' }),
      ],
      ['lib -> usr/lib', 'usr/lib/x=1', 'usr/lib/y=2'],
    ],
    [
      'a link cannot lead out of the root',
      [gzipLayer({ path: 'up', link: '../../../..' }, { path: 'up/etc/x', content: '1' })],
      ['etc/x=1', 'up -> ../../../..'],
    ],
  ])('%s', async (_name, layers, expected) => {
    const image = await merge(layers);
    expect(listing(image)).toEqual(expected.sort());
    expect(image.tree.problems).toEqual([]);
  });

  test.each<[string, FixtureEntry[], string]>([
    ['a name that leaves the root', [{ path: '../etc/passwd', content: 'x' }], 'leads out of the root'],
    ['a hard link that leaves the root', [{ path: 'a', flag: '1', link: '../../x' }], 'leads out of the root'],
    ['a hard link to nothing', [{ path: 'a', flag: '1', link: 'b' }], 'no file to point to'],
    [
      'an entry under a file',
      [
        { path: 'a', content: 'x' },
        { path: 'a/b', content: 'x' },
      ],
      'a file or a loop',
    ],
    [
      'an entry under a loop of links',
      [
        { path: 'a', link: 'b' },
        { path: 'b', link: 'a' },
        { path: 'a/x', content: 'x' },
      ],
      'a file or a loop',
    ],
    ['a whiteout of nothing', [{ path: '.wh.' }], 'a whiteout of nothing'],
  ])('%s is left out and recorded', async (_name, entries, reason) => {
    const image = await merge([gzipLayer(...entries)]);
    expect(image.tree.problems).toHaveLength(1);
    expect(image.tree.problems[0]?.reason).toContain(reason);
  });
});
