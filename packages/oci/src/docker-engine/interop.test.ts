/** An engine asked through its socket: podman's, which speaks as Docker's does. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { fixtureImage } from '../interop-fixture.ts';
import { createLayout } from '../layout/create-layout.ts';
import { ImageManifest } from '../manifest.ts';
import { openDockerEngine } from './open-engine.ts';

test('an engine gives the image, leaves nothing behind, and says what it has not', async ({ skip }) => {
  for (const tool of ['podman', 'skopeo'])
    if (spawnSync(tool, ['--version']).status !== 0) skip(`${tool} is not installed (apt)`);
  const folder = await mkdtemp(join(tmpdir(), 'pratique-engine-test-'));
  const image = fixtureImage('engine');
  const sink = await createLayout(join(folder, 'layout'));
  for (const { descriptor, bytes } of image.blobs) await sink.putBlob(descriptor, Readable.from([bytes]));
  await sink.putManifest(image.raw, 'v1');
  const [root, state, socket] = [join(folder, 'root'), join(folder, 'state'), join(folder, 'engine.sock')];
  const copied = spawnSync(
    'skopeo',
    [
      'copy',
      '--insecure-policy',
      `oci:${join(folder, 'layout')}:v1`,
      `containers-storage:[vfs@${root}+${state}]localhost/app:v1`,
    ],
    { encoding: 'utf8' },
  );
  expect(copied.status, copied.stderr).toBe(0);
  const engine = spawn(
    'podman',
    ['--root', root, '--runroot', state, '--storage-driver', 'vfs', 'system', 'service', '-t', '0', `unix://${socket}`],
    { stdio: 'ignore' },
  );
  try {
    for (
      let tries = 0;
      tries < 100 &&
      !(await access(socket).then(
        () => true,
        () => false,
      ));
      tries++
    )
      await new Promise((resolve) => setTimeout(resolve, 100));
    const source = await openDockerEngine(socket, 'localhost/app:v1');
    const raw = await source.manifest('');
    expect(ImageManifest.parse(JSON.parse(raw.bytes.toString())).config.digest).toBe(image.blobs[0]?.descriptor.digest);
    await source.close();
    await expect(openDockerEngine(socket, 'nothing')).rejects.toThrow(/has no image nothing/);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith(`pratique-engine-${process.pid}-`))).toEqual([]);
  } finally {
    engine.kill();
    await once(engine, 'close');
    await rm(folder, { recursive: true, force: true });
  }
});

test('no engine is said as such', async () => {
  await expect(openDockerEngine(join(tmpdir(), 'no-engine.sock'), 'app')).rejects.toThrow(
    /no Docker engine answers at/,
  );
});
