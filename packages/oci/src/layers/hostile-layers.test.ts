import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { LayerLimits } from './limits.ts';
import { keepAll, merge, refusal } from './merge.fixture.ts';
import { mergeLayers } from './merge-layers.ts';
import type { LayerInput } from './read-layer.ts';
import { gzipLayer, layerOf, paxEntry, tar, tarEntry } from './tar-fixture.ts';

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

function negativeSize(): Buffer {
  const entry = tarEntry({ path: 'a' });
  entry.fill(0xff, 124, 136);
  entry.write('        ', 148);
  let sum = 0;
  for (const byte of entry.subarray(0, 512)) sum += byte;
  entry.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return entry;
}
