/** The forms that archives come in: names, compressions, sparse files. */
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { listing, merge, SKIPPABLE } from './merge.fixture.ts';
import { layerOf, paxEntry, sha256, TAR_END, tar, tarEntry } from './tar-fixture.ts';

describe('what archives of all kinds hold is read', () => {
  const longName = `${'d/'.repeat(80)}file`;
  test.each<[string, Buffer]>([
    ['a PAX path', Buffer.concat([paxEntry({ path: longName }), tarEntry({ path: 'short', content: 'x' })])],
    [
      'a GNU long name',
      Buffer.concat([
        tarEntry({ path: '././@LongLink', flag: 'L', content: `${longName}\0` }),
        tarEntry({ path: 'short', content: 'x' }),
      ]),
    ],
    [
      'a PAX size that overrides the header',
      Buffer.concat([paxEntry({ path: longName, size: '1' }), tarEntry({ path: 'short', content: 'x', size: 0 })]),
    ],
    [
      'a GNU long name after a PAX path, which it overrides',
      Buffer.concat([
        paxEntry({ path: 'other' }),
        tarEntry({ path: 'l', flag: 'L', content: `${longName}\0` }),
        tarEntry({ path: 'short', content: 'x' }),
      ]),
    ],
  ])('%s', async (_name, bytes) => {
    expect(listing(await merge([layerOf(Buffer.concat([bytes, TAR_END]))]))).toEqual([`${longName}=x`]);
  });

  const plain = tar({ path: 'a', content: 'content' });
  test.each<[string, Buffer]>([
    ['plain', plain],
    ['gzip', gzipSync(plain)],
    ['gzip in two members', Buffer.concat([gzipSync(plain.subarray(0, 700)), gzipSync(plain.subarray(700))])],
    ['zstd', zstdCompressSync(plain)],
    [
      'zstd in two frames',
      Buffer.concat([zstdCompressSync(plain.subarray(0, 700)), zstdCompressSync(plain.subarray(700))]),
    ],
    [
      'zstd with skippable frames, as zstd:chunked has',
      Buffer.concat([
        SKIPPABLE,
        zstdCompressSync(plain.subarray(0, 1)),
        SKIPPABLE,
        zstdCompressSync(plain.subarray(1)),
        SKIPPABLE,
      ]),
    ],
    ['without an end mark', plain.subarray(0, 1024)],
  ])('%s', async (_name, bytes) => {
    const image = await merge([layerOf(bytes, bytes === plain || bytes.length === 1024 ? null : sha256(plain))]);
    expect(listing(image)).toEqual(['a=content']);
    expect(image.tree.lookup('a')?.sha256).toBe('ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73');
  });

  test('pieces of any size give the same tree', async () => {
    const bytes = tar({ path: 'a', content: 'x'.repeat(1000) }, paxEntry({ path: 'p' }), { path: 'q', content: 'y' });
    const zstd = Buffer.concat([
      zstdCompressSync(bytes.subarray(0, 99)),
      SKIPPABLE,
      zstdCompressSync(bytes.subarray(99)),
    ]);
    for (const size of [1, 7, 511, 513]) {
      const cut = (whole: Buffer): Buffer[] =>
        Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.subarray(at * size, (at + 1) * size));
      for (const form of [bytes, zstd]) {
        const layer = { ...layerOf(form, sha256(bytes)), open: () => Promise.resolve(Readable.from(cut(form))) };
        expect(listing(await merge([layer]))).toEqual([`a=${'x'.repeat(1000)}`, 'p=y']);
      }
    }
  });

  test('a sparse file has its real name and size, and no content that could be taken for its own', async () => {
    const bytes = tar(
      paxEntry({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.name': 'var/lib/dpkg/status',
        'GNU.sparse.realsize': '1000000',
      }),
      { path: 'GNUSparseFile.0/status', content: '1\n0\n4\nPack' },
    );
    const node = (await merge([layerOf(bytes)])).tree.lookup('var/lib/dpkg/status');
    expect(node).toMatchObject({ size: 1_000_000, content: null, unread: 'sparse' });
  });
});
