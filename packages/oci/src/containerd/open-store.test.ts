/** A store as containerd wrote it, and what becomes of it when it is damaged. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OciError } from '../error.ts';
import { fixtureImage } from '../interop-fixture.ts';
import { openContainerd } from './open-store.ts';
import { readBolt } from './read-bolt.ts';

const one = fixtureImage('one');
let root = '';
let database = '';
let bytes = Buffer.alloc(0);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pratique-containerd-'));
  const blobs = join(root, 'io.containerd.content.v1.content', 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  await mkdir(join(root, 'io.containerd.metadata.v1.bolt'));
  database = join(root, 'io.containerd.metadata.v1.bolt', 'meta.db');
  bytes = gunzipSync(await readFile(join(import.meta.dirname, 'fixtures', 'meta.db.gz')));
  await writeFile(database, bytes);
  await writeFile(join(blobs, one.raw.digest.slice(7)), one.raw.bytes);
  for (const blob of one.blobs) await writeFile(join(blobs, blob.descriptor.digest.slice(7)), blob.bytes);
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('images', () => {
  test('are found by name and namespace, and are the registry’s own bytes', async () => {
    const source = await openContainerd(root, 'default');
    const raw = await source.manifest('import-2026-11-22:v1');
    expect(raw.digest).toBe(one.raw.digest);
    expect((await source.manifest(one.raw.digest)).bytes).toEqual(one.raw.bytes);
    const [, layer] = one.blobs;
    const pieces: Buffer[] = [];
    if (layer)
      for await (const piece of (await source.blob(layer.descriptor)) as AsyncIterable<Buffer>) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(layer?.bytes);
  });

  test.each([
    [
      'one name for two images',
      'app:v1',
      /in each of the namespaces default, k8s\.io; say which: CONTAINERD_NAMESPACE/,
    ],
    [
      'a name that is not there',
      'nobody/knows:it',
      /holds no image nobody\/knows:it; it holds docker\.io\/library\/app:v1 \(default\)/,
    ],
    // Known, shortened as Docker does; its index was not put here.
    ['content that is gone', 'other', /does not hold the manifest sha256:f5df06dd/],
    ['a tag among sixty', 'registry.example/team/app-37:v1', /does not hold the manifest sha256:f5df06dd/],
    ['a digest that is a path', `sha256:${'../'.repeat(20)}etc/passwd`, /holds no image/],
  ])('%s is said clearly', async (_, reference, error) => {
    const source = await openContainerd(root, null);
    await expect(source.manifest(reference)).rejects.toThrow(error);
  });

  test('a layer that containerd dropped says how to get it back', async () => {
    const source = await openContainerd(root, null);
    await expect(source.blob({ mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 1 })).rejects.toThrow(
      /no longer holds .* pull it again/,
    );
  });
});

describe('the database', () => {
  test('gives every name of a bucket that needs several pages', async () => {
    const images = (await readBolt(database)).bucket('v1')?.bucket('k8s.io')?.bucket('images');
    const names = images?.names(1000) ?? [];
    expect(names).toHaveLength(63);
    expect(names).toEqual([...names].sort());
    for (const name of names) expect(images?.bucket(name)?.bucket('target')?.value('digest')?.length).toBe(71);
    expect(images?.bucket('no such image')).toBeNull();
  });

  test('of which one meta page is damaged is read by the other', async () => {
    const path = join(root, 'half.db');
    const half = Buffer.from(bytes);
    half.fill(0, 16, 80);
    await writeFile(path, half);
    expect((await readBolt(path)).bucket('v1')?.names(10)).toContain('k8s.io');
  });

  test('damaged anywhere gives an answer or a clear error, and an end', async () => {
    const path = join(root, 'damaged.db');
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    let refused = 0;
    for (let round = 0; round < 300; round++) {
      const damaged = Buffer.from(bytes);
      // Where pages, elements and their numbers are.
      for (let n = 0; n < 40; n++) damaged[4096 * (90 + random(20)) + random(64)] = random(256);
      await writeFile(path, damaged);
      try {
        const top = (await readBolt(path)).bucket('v1');
        for (const name of top?.names(100) ?? [])
          for (const image of top?.bucket(name)?.bucket('images')?.names(1000) ?? [])
            top?.bucket(name)?.bucket('images')?.bucket(image)?.bucket('target')?.value('digest');
      } catch (error) {
        expect(error).toBeInstanceOf(OciError);
        expect((error as OciError).code).toBe('layout-invalid');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['of noise', Buffer.alloc(70_000, 0xed)],
  ])('that is %s is no database', async (name, content) => {
    const path = join(root, `${name}.db`);
    await writeFile(path, content);
    await expect(readBolt(path)).rejects.toThrow(/is no bbolt database/);
  });
});
