/** Archives of Docker's own form, written and read; real tools judge what is written. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyGraph } from '../copy-graph.ts';
import { type FixtureEntry, paxEntry, sha256, tar, tarEntry } from '../layers/tar-fixture.ts';
import { parseManifest } from '../manifest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_MANIFEST } from '../media-types.ts';
import { createDockerArchive } from './create-archive.ts';
import { openDockerArchive } from './open-archive.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-archive-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const LAYER = tar({ path: 'etc/motd', content: 'hello\n' });
const OTHER = tar({ path: 'srv/app', content: 'app' });
const config = (...layers: Buffer[]) =>
  Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: layers.map(sha256) } }),
  );
const list = (...images: object[]): FixtureEntry => ({ path: 'manifest.json', content: JSON.stringify(images) });
const hex = (bytes: Buffer) => sha256(bytes).slice(7);
const blob = (bytes: Buffer): FixtureEntry => ({ path: `blobs/sha256/${hex(bytes)}`, content: bytes });
const describeBlob = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: sha256(bytes), size: bytes.length });

async function archive(...entries: (FixtureEntry | Buffer)[]): Promise<string> {
  const file = join(dir, 'app.tar');
  await writeFile(file, tar(...entries));
  return file;
}

const SIMPLE: FixtureEntry[] = [
  { path: 'c.json', content: config(LAYER) },
  { path: 'a/layer.tar', content: LAYER },
  list({ Config: 'c.json', RepoTags: ['app:1'], Layers: ['a/layer.tar'] }),
];

async function layersOf(file: string, reference = '') {
  const source = await openDockerArchive(file);
  try {
    const raw = await source.manifest(reference);
    const parsed = parseManifest(raw.bytes, raw.mediaType);
    if (parsed.kind !== 'image') throw new Error('an index');
    const contents = [];
    for (const layer of parsed.manifest.layers)
      contents.push(Buffer.concat(await (await source.blob(layer)).toArray()));
    return { raw, manifest: parsed.manifest, contents };
  } finally {
    await source.close();
  }
}

describe('reading', () => {
  test('describes the stored bytes of an image, the same each time', async () => {
    const file = await archive(...SIMPLE);
    const first = await layersOf(file);
    expect(first.manifest.layers).toEqual([describeBlob(OCI_LAYER, LAYER)]);
    expect(first.manifest.config).toEqual(describeBlob(OCI_CONFIG, config(LAYER)));
    expect(first.contents).toEqual([LAYER]);
    expect((await layersOf(file, first.raw.digest)).raw.bytes).toEqual(first.raw.bytes);
  });

  test.each([['app:1'], ['docker.io/library/app:1'], ['1'], ['']])('finds the image under %j', async (reference) => {
    const { raw } = await layersOf(await archive(...SIMPLE), reference);
    expect(raw.mediaType).toBe(OCI_MANIFEST);
  });

  test('names what it holds when asked for another image, or for none of several', async () => {
    const file = await archive(
      ...SIMPLE.slice(0, 2),
      list(
        { Config: 'c.json', RepoTags: ['app:1'], Layers: ['a/layer.tar'] },
        { Config: 'c.json', RepoTags: ['app:2'], Layers: ['a/layer.tar'] },
      ),
    );
    await expect(layersOf(file, 'app:3')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('app:1, app:2'),
    });
    await expect(layersOf(file)).rejects.toMatchObject({ message: expect.stringContaining('several images') });
  });

  test('knows compressed layers by their bytes', async () => {
    const gzip = gzipSync(LAYER);
    const zstd = zstdCompressSync(OTHER);
    const { manifest } = await layersOf(
      await archive(
        { path: 'c.json', content: config(LAYER, OTHER) },
        { path: 'a.tar', content: gzip },
        { path: 'b.tar', content: zstd },
        list({ Config: 'c.json', RepoTags: null, Layers: ['a.tar', 'b.tar'] }),
      ),
    );
    expect(manifest.layers).toEqual([describeBlob(OCI_LAYER_GZIP, gzip), describeBlob(OCI_LAYER_ZSTD, zstd)]);
  });

  test('follows links between the layers of older archives', async () => {
    const { contents } = await layersOf(
      await archive(
        { path: 'c.json', content: config(LAYER, LAYER, LAYER) },
        { path: 'a/layer.tar', content: LAYER },
        { path: 'b/layer.tar', link: '../a/layer.tar' },
        { path: 'd/layer.tar', link: 'b/layer.tar', flag: '1' },
        list({ Config: 'c.json', RepoTags: ['app:1'], Layers: ['a/layer.tar', 'b/layer.tar', 'd/layer.tar'] }),
      ),
    );
    expect(contents).toEqual([LAYER, LAYER, LAYER]);
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('reads an archive compressed with %s and leaves no temporary file', async (_, compress) => {
    const file = join(dir, 'app.tar.x');
    await writeFile(file, compress(tar(...SIMPLE)));
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith('pratique-archive-')).length;
    const { contents } = await layersOf(file);
    expect(contents).toEqual([LAYER]);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('pratique-archive-')).length).toBeLessThanOrEqual(
      before,
    );
  });

  test('long names in PAX and GNU form are read', async () => {
    const long = `${'a'.repeat(120)}/layer.tar`;
    for (const extension of [
      paxEntry({ path: long }),
      tarEntry({ path: '././@LongLink', flag: 'L', content: `${long}\0` }),
    ]) {
      const { contents } = await layersOf(
        await archive(
          { path: 'c.json', content: config(LAYER) },
          extension,
          { path: 'short', content: LAYER },
          list({ Config: 'c.json', RepoTags: ['app:1'], Layers: [long] }),
        ),
      );
      expect(contents).toEqual([LAYER]);
    }
  });
});

describe('archives that are OCI layouts too', () => {
  const CONFIG = config(LAYER);
  const MANIFEST = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: describeBlob(OCI_CONFIG, CONFIG),
      layers: [describeBlob(OCI_LAYER, LAYER)],
      annotations: { own: 'digest' },
    }),
  );
  const index = (...manifests: object[]) =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  const legacy = (bytes: Buffer, layer: Buffer) =>
    list({ Config: `blobs/sha256/${hex(bytes)}`, RepoTags: ['app:1'], Layers: [`blobs/sha256/${hex(layer)}`] });
  const root = {
    ...describeBlob(OCI_MANIFEST, MANIFEST),
    annotations: { 'io.containerd.image.name': 'docker.io/library/app:1' },
  };

  test('an image keeps the digest that it had', async () => {
    const file = await archive(
      { path: 'index.json', content: index(root) },
      blob(MANIFEST),
      blob(CONFIG),
      blob(LAYER),
      legacy(CONFIG, LAYER),
    );
    expect((await layersOf(file, 'app:1')).raw.digest).toBe(sha256(MANIFEST));
  });

  test('without manifest.json the names in index.json count', async () => {
    const file = await archive({ path: 'index.json', content: index(root) }, blob(MANIFEST), blob(CONFIG), blob(LAYER));
    expect((await layersOf(file, 'app:1')).raw.digest).toBe(sha256(MANIFEST));
  });

  test('an index with platforms that were not saved gives way to the image that was', async () => {
    const whole = index(describeBlob(OCI_MANIFEST, MANIFEST), describeBlob(OCI_MANIFEST, Buffer.from('absent')));
    const file = await archive(
      { path: 'index.json', content: index(describeBlob(OCI_INDEX, whole)) },
      blob(whole),
      blob(MANIFEST),
      blob(CONFIG),
      blob(LAYER),
      legacy(CONFIG, LAYER),
    );
    const { raw, contents } = await layersOf(file);
    expect(raw.digest).not.toBe(sha256(whole));
    expect(contents).toEqual([LAYER]);
  });

  test('two lists that name different images are refused, since loaders follow one or the other', async () => {
    const file = await archive(
      { path: 'index.json', content: index(root) },
      blob(MANIFEST),
      blob(CONFIG),
      blob(LAYER),
      blob(OTHER),
      blob(config(OTHER)),
      legacy(config(OTHER), OTHER),
    );
    await expect(layersOf(file)).rejects.toMatchObject({
      code: 'archive-invalid',
      message: expect.stringContaining('different images'),
    });
  });

  test('a manifest stored under the digest of another is refused', async () => {
    const file = await archive(
      { path: 'index.json', content: index(root) },
      { path: `blobs/sha256/${hex(MANIFEST)}`, content: CONFIG },
    );
    await expect(layersOf(file)).rejects.toMatchObject({ code: 'digest-mismatch' });
  });
});

describe('hostile archives', () => {
  const image = (layer: string) => list({ Config: 'c.json', RepoTags: ['app:1'], Layers: [layer] });
  const CONFIG = { path: 'c.json', content: config(LAYER) };

  test.each<[string, (FixtureEntry | Buffer)[], string]>([
    ['a link out of the archive', [CONFIG, { path: 'l', link: '/etc/passwd' }, image('l')], 'out of the archive'],
    ['a link above the archive', [CONFIG, { path: 'l', link: '../../etc/passwd' }, image('l')], 'leaves the archive'],
    ['a link to itself', [CONFIG, { path: 'l', link: 'l' }, image('l')], 'chain of more than'],
    ['a link to nothing', [CONFIG, { path: 'l', link: 'gone' }, image('l')], 'does not hold l'],
    ['a layer that is not there', [CONFIG, image('gone')], 'does not hold gone'],
    ['a name above the archive', [CONFIG, { path: '../l', content: LAYER }, image('../l')], 'leaves the archive'],
    ['a name that two members share', [CONFIG, CONFIG, { path: 'l', content: LAYER }, image('l')], 'twice'],
    [
      'a layer other than the configuration names',
      [CONFIG, { path: 'l', content: OTHER }, image('l')],
      'configuration says',
    ],
    ['fewer layers than the configuration names', [CONFIG, list({ Config: 'c.json', Layers: [] })], 'names 1 layers'],
    [
      'a configuration that is no JSON',
      [{ path: 'c.json', content: '{' }, { path: 'l', content: LAYER }, image('l')],
      'no image configuration',
    ],
    ['a list that is no list', [CONFIG, { path: 'manifest.json', content: '{}' }], 'not what a docker archive has'],
    ['no list at all', [CONFIG], 'neither manifest.json nor index.json'],
    ['a member that claims more than there is', [CONFIG, { path: 'l', content: LAYER, size: 1e9 }], 'cut off'],
    [
      'a sparse member',
      [CONFIG, paxEntry({ 'GNU.sparse.major': '1' }), { path: 'l', content: LAYER }, image('l')],
      'sparse',
    ],
    [
      'an extended header without end',
      [CONFIG, { path: 'x', flag: 'x', content: Buffer.alloc(2 << 20) }],
      'extended header',
    ],
    ['something that is no tar', [Buffer.alloc(2048, 'x')], 'damaged'],
    ['nothing', [], 'no members'],
  ])('%s is refused', async (_, entries, message) => {
    await expect(layersOf(await archive(...entries))).rejects.toMatchObject({
      code: 'archive-invalid',
      message: expect.stringContaining(message),
    });
  });

  test('a list of seventeen megabytes is not read', async () => {
    const file = await archive(CONFIG, { path: 'manifest.json', content: Buffer.alloc(17 << 20, ' ') });
    await expect(layersOf(file)).rejects.toMatchObject({ message: expect.stringContaining('at most') });
  });

  test('a gzip archive that is cut off is refused', async () => {
    const file = join(dir, 'cut.tar.gz');
    await writeFile(file, gzipSync(tar(...SIMPLE)).subarray(0, 100));
    await expect(layersOf(file)).rejects.toMatchObject({ code: 'archive-invalid' });
  });

  test.each([
    ['gone.tar', 'not-found'],
    ['.', 'archive-invalid'],
  ])('%s says what is wrong', async (name, code) => {
    await expect(openDockerArchive(join(dir, name))).rejects.toMatchObject({ code });
  });
});

describe('writing', () => {
  async function copy(from: string, to: string, tag: string | null) {
    const source = await openDockerArchive(from);
    const sink = await createDockerArchive(to);
    try {
      await copyGraph(source, sink, '', { tag, referrers: true });
      await sink.finish();
    } finally {
      await sink.close();
      await source.close();
    }
  }

  test('compressed layers are stored uncompressed under their diff id, the same each time', async () => {
    const file = await archive(
      { path: 'c.json', content: config(LAYER, OTHER, LAYER) },
      { path: 'a.tar', content: gzipSync(LAYER) },
      { path: 'b.tar', content: zstdCompressSync(OTHER) },
      { path: 'd.tar', content: LAYER },
      list({ Config: 'c.json', RepoTags: ['app:1'], Layers: ['a.tar', 'b.tar', 'd.tar'] }),
    );
    const [one, two] = [join(dir, 'one.tar'), join(dir, 'two.tar')];
    await copy(file, one, 'example.com/team/app:2');
    await copy(file, two, 'example.com/team/app:2');
    const { contents, manifest } = await layersOf(one, 'example.com/team/app:2');
    expect(contents).toEqual([LAYER, OTHER, LAYER]);
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual([OCI_LAYER, OCI_LAYER, OCI_LAYER]);
    expect(await readFile(one)).toEqual(await readFile(two));
    expect((await readdir(dir)).sort()).toEqual(['app.tar', 'one.tar', 'two.tar']);
  });

  test.each([
    ['a lone tag gets the name of the file', 'My App.tar.gz', '7', 'my-app:7'],
    ['a whole name stays', 'x.tar', 'a/b:1', 'a/b:1'],
  ])('%s', async (_, name, tag, expected) => {
    const target = join(dir, name);
    await copy(await archive(...SIMPLE), target, tag);
    const source = await openDockerArchive(target);
    await expect(source.manifest('no/such:name')).rejects.toMatchObject({ message: expect.stringContaining(expected) });
    await source.close();
  });

  test('a layer with other bytes than its digest is refused, and nothing is left behind', async () => {
    const sink = await createDockerArchive(join(dir, 'bad.tar'));
    await expect(
      sink.putBlob({ ...describeBlob(OCI_LAYER, LAYER) }, Readable.from([Buffer.alloc(LAYER.length)])),
    ).rejects.toMatchObject({ code: 'digest-mismatch' });
    await expect(sink.finish()).rejects.toMatchObject({ code: 'copy-failed' });
    await sink.close();
    expect(await readdir(dir)).toEqual([]);
  });

  test('layers that the configuration does not name are refused', async () => {
    const sink = await createDockerArchive(join(dir, 'bad.tar'));
    const cfg = config(OTHER);
    await sink.putBlob(describeBlob(OCI_LAYER, LAYER), Readable.from([LAYER]));
    await sink.putBlob(describeBlob(OCI_CONFIG, cfg), Readable.from([cfg]));
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: describeBlob(OCI_CONFIG, cfg),
        layers: [describeBlob(OCI_LAYER, LAYER)],
      }),
    );
    await expect(
      sink.putManifest({ digest: sha256(bytes), mediaType: OCI_MANIFEST, bytes }, 'app:1'),
    ).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    await sink.close();
  });

  test('an index is refused by name', async () => {
    const sink = await createDockerArchive(join(dir, 'bad.tar'));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }));
    await expect(sink.putManifest({ digest: sha256(bytes), mediaType: OCI_INDEX, bytes }, null)).rejects.toMatchObject({
      code: 'manifest-unsupported',
      message: expect.stringContaining('is an index'),
    });
    await sink.close();
  });
});
