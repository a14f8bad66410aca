/** Applying changesets as the image specification has it, and hostile archives. */
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { OciError } from '../error.ts';
import type { LayerLimits } from './limits.ts';
import { type MergedImage, mergeLayers } from './merge-layers.ts';
import type { LayerInput } from './read-layer.ts';
import { type FixtureEntry, gzipLayer, layerOf, paxEntry, sha256, TAR_END, tar, tarEntry } from './tar-fixture.ts';

const keepAll = (): { hash: boolean; keep: (content: Buffer) => Buffer; marks: string[]; seek: [] } => ({
  hash: true,
  keep: (content) => content,
  marks: [],
  seek: [],
});

function merge(layers: LayerInput[], limits: Partial<LayerLimits> = {}): Promise<MergedImage> {
  return mergeLayers(layers, { examine: keepAll, limits });
}

function listing(image: MergedImage): string[] {
  return [...image.tree.nodes()]
    .filter(({ node }) => node.kind !== 'directory')
    .map(({ path, node }) =>
      node.kind === 'symlink' ? `${path} -> ${node.target}` : `${path}=${node.content?.toString() ?? '?'}`,
    );
}

async function refusal(work: Promise<unknown>): Promise<OciError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OciError);
  return error as OciError;
}

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

describe('hostile layers', () => {
  const good = tar({ path: 'a', content: 'x' });
  test.each<[string, LayerInput, string, string]>([
    [
      'a blob with another digest',
      { ...layerOf(good), descriptor: { ...layerOf(good).descriptor, digest: `sha256:${'0'.repeat(64)}` } },
      'digest-mismatch',
      'has the digest',
    ],
    [
      'a blob longer than its descriptor says',
      { ...layerOf(good), descriptor: { ...layerOf(good).descriptor, size: 10 } },
      'size-mismatch',
      'more than the 10 bytes',
    ],
    [
      'a blob shorter than its descriptor says',
      { ...layerOf(good), descriptor: { ...layerOf(good).descriptor, size: 99_999 } },
      'size-mismatch',
      '99999',
    ],
    [
      'another diff id than the configuration says',
      layerOf(gzipSync(good), `sha256:${'1'.repeat(64)}`),
      'digest-mismatch',
      'diff id',
    ],
    ['cut-off gzip', layerOf(gzipSync(good).subarray(0, 30)), 'layer-invalid', 'decompressed'],
    ['cut-off zstd', layerOf(zstdCompressSync(good).subarray(0, 30)), 'layer-invalid', 'decompressed'],
    [
      'garbage after zstd',
      layerOf(Buffer.concat([zstdCompressSync(good), Buffer.from('garbage')])),
      'layer-invalid',
      'decompressed',
    ],
    [
      'damaged zstd',
      layerOf(Buffer.concat([zstdCompressSync(good).subarray(0, 12), Buffer.alloc(40, 0xff)])),
      'layer-invalid',
      'decompressed',
    ],
    ['something that is no archive', layerOf(Buffer.alloc(2048, 0x41)), 'layer-invalid', 'header is damaged'],
    [
      'a cut-off entry',
      layerOf(tarEntry({ path: 'a', content: 'x'.repeat(2000) }).subarray(0, 1024)),
      'layer-invalid',
      'cut off',
    ],
    [
      'a PAX record that lies about its length',
      layerOf(tar(tarEntry({ path: 'x', flag: 'x', content: '99 path=a\n' }), { path: 'b' })),
      'layer-invalid',
      'PAX header',
    ],
    ['a PAX path with a NUL', layerOf(tar(paxEntry({ path: 'a\0b' }), { path: 'b' })), 'layer-invalid', 'PAX header'],
    ['a negative base-256 size', layerOf(tar(negativeSize())), 'layer-invalid', 'header is damaged'],
    [
      'an entry after a zero block',
      layerOf(Buffer.concat([Buffer.alloc(512), tarEntry({ path: 'a' })])),
      'layer-invalid',
      'follows a zero block',
    ],
  ])('%s is refused', async (_name, layer, code, text) => {
    const error = await refusal(merge([layer]));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.message).toContain(layer.descriptor.digest);
  });

  test.each<[string, keyof LayerLimits, Partial<LayerLimits>, Buffer]>([
    [
      'a gzip bomb',
      'ratio',
      { ratioFloor: 1_000_000, ratio: 100 },
      gzipSync(tar({ path: 'zero', content: Buffer.alloc(8_000_000) })),
    ],
    [
      'too much uncompressed',
      'bytesPerLayer',
      { bytesPerLayer: 100_000 },
      gzipSync(tar({ path: 'zero', content: Buffer.alloc(50_000) }, { path: 'more', content: Buffer.alloc(60_000) })),
    ],
    [
      'a size that no layer has',
      'bytesPerLayer',
      {},
      tar({ path: 'a', size: 8 ** 11 - 1 }, paxEntry({ size: '9007199254740991' }), { path: 'a' }),
    ],
    ['a PAX size beyond all bounds', 'bytesPerLayer', {}, tar(paxEntry({ size: '9007199254740991' }), { path: 'a' })],
    [
      'a huge extended header',
      'headerBytes',
      { headerBytes: 1000 },
      tar(paxEntry({ comment: 'x'.repeat(2000) }), { path: 'a' }),
    ],
    ['a name of too many bytes', 'pathBytes', { pathBytes: 50 }, tar({ path: 'x'.repeat(51) })],
    ['a name of too many directories', 'depth', { depth: 20 }, tar({ path: 'a/'.repeat(21) })],
  ])('%s stops the reading and names layer and limit', async (_name, limit, limits, bytes) => {
    if (limit === 'bytesPerLayer' && _name.startsWith('a size that')) limits = { bytesPerLayer: 1_000_000 };
    const layer = layerOf(bytes);
    const error = await refusal(merge([layer], limits));
    expect(error.code).toBe('layer-limit');
    expect(error.message).toContain(`"${limit}"`);
    expect(error.message).toContain(layer.descriptor.digest);
  });

  test('entries without end stop at the limit, in one layer and over all, without being held', async () => {
    const one = tarEntry({ path: 'same' });
    const endless = Buffer.concat(Array.from({ length: 5000 }, () => one));
    expect((await refusal(merge([layerOf(endless)], { entriesPerLayer: 1000 }))).message).toContain(
      '"entriesPerLayer"',
    );
    expect((await refusal(merge([layerOf(tar(one)), layerOf(tar(one, one))], { entries: 2 }))).message).toContain(
      '"entries"',
    );
    const deep = Array.from({ length: 20 }, (_, at) => tarEntry({ path: `${at}/`.repeat(20) }));
    expect((await refusal(merge([layerOf(tar(...deep))], { entries: 100 }))).message).toContain('"entries"');
    const image = await merge([layerOf(endless)]);
    expect([...image.tree.nodes()]).toHaveLength(1);
  });

  test('repetition of whiteouts, opaque marks and directories costs no more than once', async () => {
    const many = Array.from({ length: 6000 }, (_, at) => tarEntry({ path: `d/${at}` }));
    const marks = Array.from({ length: 6000 }, () =>
      Buffer.concat([tarEntry({ path: 'd/' }), tarEntry({ path: 'd/.wh..wh..opq' }), tarEntry({ path: '.wh.d' })]),
    );
    const image = await merge([layerOf(tar(...many)), layerOf(tar(...many, ...marks))]);
    expect(image.tree.lookup('d')?.children?.size).toBe(6000);
    const gone = await merge([layerOf(tar(...many)), layerOf(tar(...marks))]);
    expect(gone.tree.lookup('d')?.children?.size).toBe(0);
  });

  test('chains of long links end the following of links, and the tree says so', async () => {
    const step = '../d/'.repeat(800);
    const links: Buffer[] = [];
    for (let at = 0; at < 60; at += 1)
      links.push(
        Buffer.concat([
          paxEntry({ linkpath: `${step}${at === 0 ? '.' : `l${at - 1}`}` }),
          tarEntry({ path: `d/l${at}`, flag: '2' }),
        ]),
      );
    const use = Array.from({ length: 1000 }, (_, at) => tarEntry({ path: `d/l59/f${at}` }));
    const { tree } = await merge([layerOf(tar({ path: 'd/' }, ...links, ...use))]);
    expect(tree.linksExhausted).toBe(true);
    expect(tree.problems.length).toBeGreaterThan(0);
  });

  test('contents that later layers replace do not count against the limit', async () => {
    const layer = (at: number): LayerInput =>
      gzipLayer({ path: 'a', content: `content ${at}` }, { path: 'b', flag: '1', link: 'a' });
    const { tree } = await merge(
      Array.from({ length: 10 }, (_, at) => layer(at)),
      { keptBytes: 40 },
    );
    expect([tree.lookup('a')?.content?.toString(), tree.lookup('b')?.name, tree.keptBytes]).toEqual([
      'content 9',
      'b',
      18,
    ]);
  });

  test('contents beyond the limits are noted, not kept', async () => {
    const layer = gzipLayer(
      { path: 'a', content: '12345' },
      { path: 'b', content: '123' },
      { path: 'c', content: '123' },
    );
    const { tree } = await merge([layer], { keptFileBytes: 4, keptBytes: 5 });
    expect(['a', 'b', 'c'].map((path) => tree.lookup(path)?.unread)).toEqual(['too-large', null, 'too-large']);
  });

  test('an abort ends the reading', async () => {
    await expect(
      mergeLayers([gzipLayer({ path: 'a' })], { examine: keepAll, signal: AbortSignal.abort() }),
    ).rejects.toThrow(/abort/i);
  });
});

/** RFC 8878, section 3.1.2: magic, length, anything. */
const SKIPPABLE = Buffer.concat([Buffer.from('502a4d1805000000', 'hex'), Buffer.from('hello')]);

function negativeSize(): Buffer {
  const entry = tarEntry({ path: 'a' });
  entry.fill(0xff, 124, 136);
  entry.write('        ', 148);
  let sum = 0;
  for (const byte of entry.subarray(0, 512)) sum += byte;
  entry.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return entry;
}
