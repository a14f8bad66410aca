/** Images as skopeo and podman store them, read without them. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyGraph } from '../copy-graph.ts';
import { fixtureImage } from '../interop-fixture.ts';
import { createLayout } from '../layout/create-layout.ts';
import { ImageManifest } from '../manifest.ts';
import { openContainersStorage } from './open-storage.ts';
import { streamLayer } from './stream-layer.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-storage-'));
});
afterAll(async () => {
  // The driver overlay leaves its folder mounted over itself.
  spawnSync('umount', ['-l', join(folder, 'overlay', 'overlay')]);
  await rm(folder, { recursive: true, force: true });
});

/** A store with one image, written by skopeo. */
async function store(driver: string): Promise<{ root: string; image: ReturnType<typeof fixtureImage> }> {
  const image = fixtureImage(driver);
  const layout = join(folder, `${driver}-layout`);
  const sink = await createLayout(layout);
  for (const { descriptor, bytes } of image.blobs) {
    await sink.putBlob(descriptor, Readable.from([bytes]));
  }
  await sink.putManifest(image.raw, 'v1');
  const root = join(folder, driver);
  const done = spawnSync(
    'skopeo',
    [
      'copy',
      '--insecure-policy',
      '-q',
      `oci:${layout}:v1`,
      `containers-storage:[${driver}@${root}+${root}-run]example.org/shop/app:v1`,
    ],
    { encoding: 'utf8' },
  );
  if (done.status !== 0) throw new Error(done.stderr);
  return { root, image };
}

test.for(['overlay', 'vfs'])('the store of the driver %s gives the layers byte for byte', async (driver, { skip }) => {
  if (spawnSync('skopeo', ['--version']).status !== 0) return skip('skopeo is not installed (apt)');
  const { root, image } = await store(driver);
  const source = await openContainersStorage(root);
  const raw = await source.manifest('example.org/shop/app:v1');
  const manifest = ImageManifest.parse(JSON.parse(raw.bytes.toString()));
  expect(manifest.config.digest).toBe(image.blobs[0]?.descriptor.digest);
  for (const layer of manifest.layers) {
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of (await source.blob(layer)) as AsyncIterable<Buffer>) {
      hash.update(piece);
      size += piece.length;
    }
    expect(`sha256:${hash.digest('hex')}`).toBe(layer.digest);
    expect(size).toBe(layer.size);
  }
  expect(manifest.layers).toHaveLength(2);
  // By id, and by the digest that the registry would have given.
  expect((await source.manifest(manifest.config.digest.slice(7, 19))).digest).toBe(raw.digest);
  expect((await source.manifest(image.raw.digest)).digest).toBe(raw.digest);
  await expect(source.manifest('app')).rejects.toThrow(/holds no image app; it holds example.org\/shop\/app:v1/);
  // Copied on, it is an image like any other.
  const copy = await createLayout(join(folder, `${driver}-copy`));
  await copyGraph(source, copy, raw.digest, { tag: 'v1', referrers: false });
});

test('a store that is none says what is missing', async () => {
  await expect(openContainersStorage(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'not-found' });
});

/** The record of an archive as tar-split writes it: one file, with what surrounds it. */
async function record(name: string, lines: object[]): Promise<string> {
  const path = join(folder, `${name}.tar-split.gz`);
  await writeFile(path, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  return path;
}
const read = async (layer: { record: string; files: string }): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of streamLayer(layer) as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
};

test('a file whose name is no UTF-8 is found by its bytes', async () => {
  const files = join(folder, 'bytes');
  await mkdir(files);
  const name = Buffer.from('caf\xe9', 'latin1');
  await writeFile(Buffer.concat([Buffer.from(`${files}/`), name]), 'x');
  const path = await record('bytes', [{ type: 1, name_raw: name.toString('base64'), size: 1 }]);
  expect((await read({ record: path, files })).toString()).toBe('x');
});

test.for<[string, object, RegExp]>([
  ['through a link', { type: 1, name: 'out/passwd', size: 5 }, /leads out of/],
  ['through dots', { type: 1, name: '../../../../../../../../etc/passwd', size: 5 }, /cannot be read/],
  ['that is a link', { type: 1, name: 'link', size: 5 }, /cannot be read \(ELOOP\)/],
  ['that is a folder', { type: 1, name: 'folder', size: 5 }, /no regular file/],
  ['that is a pipe', { type: 1, name: 'pipe', size: 5 }, /no regular file/],
  ['that became shorter', { type: 1, name: 'short', size: 5 }, /shorter than it was/],
  ['of another form', { type: 3 }, /no record of an archive/],
])('a record whose file lies elsewhere is refused: one %s', async ([what, line, error]) => {
  const files = join(folder, `hostile-${what.replaceAll(' ', '-')}`);
  await mkdir(join(files, 'folder'), { recursive: true });
  await symlink('/etc', join(files, 'out'));
  await symlink('/etc/passwd', join(files, 'link'));
  await writeFile(join(files, 'short'), 'abc');
  spawnSync('mkfifo', [join(files, 'pipe')]);
  const path = await record(`hostile-${what.replaceAll(' ', '-')}`, [line]);
  await expect(read({ record: path, files })).rejects.toThrow(error);
});

test('a line without end is refused before it fills the memory', async () => {
  const path = join(folder, 'long.tar-split.gz');
  await writeFile(path, gzipSync(Buffer.alloc(40 * 1024 * 1024, 0x20)));
  await expect(read({ record: path, files: folder })).rejects.toThrow(/an entry of more than/);
});
