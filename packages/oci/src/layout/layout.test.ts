/** Layouts, written by several at once, hostile, and held against skopeo. */
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyGraph } from '../copy-graph.ts';
import {
  descriptorOf,
  fixtureImage,
  fixtureIndex,
  fixtureReferrer,
  missingTool,
  runTool,
  store,
} from '../interop-fixture.ts';
import { createLayout } from './create-layout.ts';
import { openLayout } from './open-layout.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-layout-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const ONE = fixtureImage('one');
const TWO = fixtureImage('two');
const NOTE = fixtureReferrer(ONE.raw, 'note');
const blobFile = (digest: string) => join(dir, 'blobs', 'sha256', digest.slice(7));

test('the only image needs no tag, also when something refers to it', async () => {
  const sink = await createLayout(dir);
  await store(sink, NOTE, null);
  await store(sink, ONE, '1');
  const source = await openLayout(dir);
  expect((await source.manifest('')).digest).toBe(ONE.raw.digest);
  expect((await source.referrers(ONE.raw.digest)).map((one) => one.digest)).toEqual([NOTE.raw.digest]);
});

test('a tag leaves the image that had it, and two tags may name one image', async () => {
  const sink = await createLayout(dir);
  await store(sink, ONE, 'a');
  await store(sink, TWO, 'a');
  await sink.putManifest(TWO.raw, 'b');
  const source = await openLayout(dir);
  expect((await source.manifest('a')).digest).toBe(TWO.raw.digest);
  expect((await source.manifest('b')).digest).toBe(TWO.raw.digest);
  expect((await source.manifest('')).digest).toBe(TWO.raw.digest);
  await expect(source.manifest('c')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('it holds a, b'),
  });
});

test('a tagged image keeps its tag when it is stored again without one', async () => {
  const sink = await createLayout(dir);
  await store(sink, ONE, '1');
  await store(sink, NOTE, 'note');
  await sink.putManifest(NOTE.raw, null);
  expect((await (await openLayout(dir)).manifest('note')).digest).toBe(NOTE.raw.digest);
});

test('twenty writers lose none of their tags', async () => {
  await Promise.all(
    Array.from({ length: 20 }, async (_, at) => store(await createLayout(dir), fixtureImage(`image ${at}`), `t${at}`)),
  );
  const source = await openLayout(dir);
  const digests = await Promise.all(
    Array.from({ length: 20 }, async (_, at) => (await source.manifest(`t${at}`)).digest),
  );
  expect(new Set(digests).size).toBe(20);
  expect((await readdir(dir)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
});

test('a lock that a killed writer left is taken over', async () => {
  const sink = await createLayout(dir);
  await writeFile(join(dir, '.index.lock'), '');
  await utimes(join(dir, '.index.lock'), new Date(0), new Date(0));
  await store(sink, ONE, '1');
  expect((await (await openLayout(dir)).manifest('1')).digest).toBe(ONE.raw.digest);
});

test('an index is reached with its children, which are no images of their own', async () => {
  const sink = await createLayout(dir);
  await store(sink, ONE, null);
  await store(sink, TWO, null);
  await sink.putManifest(fixtureIndex(ONE.raw, TWO.raw), 'multi');
  const proof = await copyGraph(await openLayout(dir), await createLayout(join(dir, 'copy')), '', {
    tag: 'x',
    referrers: true,
  });
  expect(proof.manifests).toBe(3);
});

describe('hostile layouts', () => {
  const index = (...manifests: object[]) => JSON.stringify({ schemaVersion: 2, manifests });
  const tagged = (tag: string, image = ONE) => ({
    ...descriptorOf(image.raw),
    annotations: { 'org.opencontainers.image.ref.name': tag },
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['no layout', async () => undefined, 'layout-invalid'],
    ['an index that is no JSON', () => writeFile(join(dir, 'index.json'), '{'), 'layout-invalid'],
    [
      'an index that climbs',
      () => writeFile(join(dir, 'index.json'), index({ mediaType: 'a/b', digest: 'sha256:../../x', size: 1 })),
      'layout-invalid',
    ],
    ['a manifest that is not there', () => writeFile(join(dir, 'index.json'), index(tagged('1'))), 'not-found'],
    [
      'a name for two images',
      () => writeFile(join(dir, 'index.json'), index(tagged('1'), tagged('1', TWO))),
      'not-found',
    ],
    [
      'a manifest that is a device',
      async () => {
        await createLayout(dir);
        await symlink('/dev/zero', blobFile(ONE.raw.digest));
        await writeFile(join(dir, 'index.json'), index(tagged('1')));
      },
      'layout-invalid',
    ],
    [
      'a manifest with the bytes of another',
      async () => {
        await createLayout(dir);
        await writeFile(blobFile(ONE.raw.digest), TWO.raw.bytes);
        await writeFile(join(dir, 'index.json'), index(tagged('1')));
      },
      'digest-mismatch',
    ],
  ])('%s is refused', async (_, make, code) => {
    await make();
    await expect((async () => (await openLayout(dir)).manifest('1'))()).rejects.toMatchObject({ code });
  });

  test('a blob that is longer than its descriptor says is not opened', async () => {
    const sink = await createLayout(dir);
    await store(sink, ONE, '1');
    const [blob] = ONE.blobs;
    if (!blob) throw new Error('no blob');
    await writeFile(blobFile(blob.descriptor.digest), Buffer.alloc(1 << 20));
    await expect((await openLayout(dir)).blob(blob.descriptor)).rejects.toMatchObject({ code: 'size-mismatch' });
    expect(await sink.hasBlob(blob.descriptor)).toBe(false);
  });

  test('a manifest under another digest is not stored', async () => {
    const sink = await createLayout(dir);
    await expect(sink.putManifest({ ...ONE.raw, digest: TWO.raw.digest }, '1')).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
  });
});

describe('skopeo', () => {
  test('reads what is written here, and the other way round', async (ctx) => {
    const why = missingTool('skopeo');
    if (why) ctx.skip(why);
    await store(await createLayout(join(dir, 'ours')), ONE, '1.0');
    runTool('skopeo', '--insecure-policy', 'copy', `oci:${join(dir, 'ours')}:1.0`, `oci:${join(dir, 'theirs')}:2.0`);
    expect((await (await openLayout(join(dir, 'theirs'))).manifest('2.0')).digest).toBe(ONE.raw.digest);
    await store(await createLayout(join(dir, 'theirs')), TWO, '3.0');
    runTool('skopeo', 'inspect', '--raw', `oci:${join(dir, 'theirs')}:2.0`);
    expect(JSON.parse(await readFile(join(dir, 'theirs', 'index.json'), 'utf8'))).toMatchObject({
      manifests: [{}, {}],
    });
  });
});
