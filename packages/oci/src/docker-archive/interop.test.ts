/** skopeo and podman read what is written here, and the other way round. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { copyGraph } from '../copy-graph.ts';
import { fixtureImage, missingTool, runTool, store } from '../interop-fixture.ts';
import { createLayout } from '../layout/create-layout.ts';
import { ImageManifest, parseManifest } from '../manifest.ts';
import { createDockerArchive } from './create-archive.ts';
import { openDockerArchive } from './open-archive.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-interop-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const needs = (ctx: TestContext, tool: string) => {
  const why = missingTool(tool);
  if (why) ctx.skip(why);
};
const PODMAN = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs'];
const diffIdsOf = (text: string) => (JSON.parse(text) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids;

/** Diff ids of the only image of an archive, each proven by the bytes of its uncompressed layer. */
async function layersIn(file: string, reference: string): Promise<string[]> {
  const source = await openDockerArchive(file);
  try {
    const raw = await source.manifest(reference);
    return ImageManifest.parse(parseManifest(raw.bytes, raw.mediaType).manifest).layers.map((layer) => layer.digest);
  } finally {
    await source.close();
  }
}

async function written(zstd: boolean): Promise<{ file: string; diffIds: string[] }> {
  const file = join(dir, 'ours.tar');
  const image = fixtureImage('ours', { zstd });
  const sink = await createDockerArchive(file);
  await store(sink, image, 'example.com/team/app:1');
  await sink.finish();
  return { file, diffIds: diffIdsOf(image.blobs[0]?.bytes.toString('utf8') ?? '') };
}

describe('skopeo', () => {
  test.for([false, true])('reads an archive written here (from zstd layers: %s)', async (zstd, ctx) => {
    needs(ctx, 'skopeo');
    const { file, diffIds } = await written(zstd);
    expect(
      diffIdsOf(runTool('skopeo', 'inspect', '--config', `docker-archive:${file}:example.com/team/app:1`)),
    ).toEqual(diffIds);
    runTool('skopeo', '--insecure-policy', 'copy', `docker-archive:${file}`, `dir:${join(dir, 'out')}`);
  });

  test.for(['docker-archive', 'oci-archive'])('writes a %s that is read here', async (kind, ctx) => {
    needs(ctx, 'skopeo');
    const image = fixtureImage('theirs');
    await store(await createLayout(join(dir, 'layout')), image, '1');
    const file = join(dir, 'theirs.tar');
    runTool(
      'skopeo',
      '--insecure-policy',
      'copy',
      `oci:${join(dir, 'layout')}:1`,
      `${kind}:${file}:example.com/team/app:1`,
    );
    const layers = await layersIn(file, 'example.com/team/app:1');
    const config = image.blobs[0]?.bytes.toString('utf8') ?? '';
    expect(layers).toEqual(
      kind === 'docker-archive' ? diffIdsOf(config) : image.blobs.slice(1).map((blob) => blob.descriptor.digest),
    );
  });
});

describe('podman', () => {
  test('loads an archive written here and saves one that is read here, with the same layers', async (ctx) => {
    needs(ctx, 'podman');
    const podman = (...args: string[]) =>
      runTool('podman', '--root', join(dir, 'root'), '--runroot', join(dir, 'run'), ...PODMAN, ...args);
    const { file, diffIds } = await written(false);
    podman('load', '-i', file);
    expect(podman('image', 'inspect', '--format', '{{json .RootFS.Layers}}', 'example.com/team/app:1')).toBe(
      `${JSON.stringify(diffIds)}\n`,
    );
    const back = join(dir, 'back.tar');
    podman('save', '--format', 'docker-archive', '-o', back, 'example.com/team/app:1');
    expect(await layersIn(back, 'example.com/team/app:1')).toEqual(diffIds);
    const source = await openDockerArchive(back);
    const again = await createLayout(join(dir, 'again'));
    const proof = await copyGraph(source, again, '', { tag: '1', referrers: true });
    await source.close();
    expect(proof.copiedBlobs).toBe(3);
  });
});
