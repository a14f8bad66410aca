/** Readers that others wrote see the newer versions in a repaired image of apk, and whose files they are. */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { BASELAYOUT, Images, installApks } from '../../fixture/apk-image.ts';
import { type ApkSpec, makeApkRepository } from '../../fixture/apk-repository.ts';
import { judgeMissing, unpackImage } from '../../fixture/native-judge.ts';
import { repairImage } from '../repair.ts';

const SYFT = join(homedir(), '.cache/pratique/peers/bin/syft');
const web = (version: string): ApkSpec => ({
  name: 'web',
  version,
  files: [
    { path: 'usr', type: 'directory' },
    { path: 'usr/bin', type: 'directory' },
    { path: 'usr/bin/web', content: `web ${version}`, mode: 0o755 },
  ],
  scripts: { 'post-upgrade': '#!/bin/sh\nexit 0\n' },
});

type Artifact = {
  name: string;
  version: string;
  type: string;
  metadata?: { files?: { path: string; digest?: { value: string } }[] };
};

test('Syft reads the newer version and its files', async (ctx) => {
  const missing = await judgeMissing(['tar']);
  if (missing) return ctx.skip(missing);
  const found = await access(SYFT).then(
    () => true,
    () => false,
  );
  if (!found) return ctx.skip(`Syft is not at ${SYFT}`);
  const images = await Images.make();
  const repository = await makeApkRepository();
  try {
    repository.publish([BASELAYOUT, web('1.1-r0')]);
    const built = [BASELAYOUT, web('1.0-r0')].map((spec) => repository.build(spec));
    const image = await images.of({ tree: installApks(built) });
    const repaired = await repairImage({
      source: image.source,
      reference: image.manifest.digest,
      fetch,
      cacheDir: join(images.folder, 'cache'),
      now: () => new Date(),
      archives: { mirror: repository.mirror, keyring: repository.keyring },
    });
    images.later(() => repaired.close());
    const root = join(images.folder, 'root');
    await unpackImage(repaired, root);
    const { stdout } = await promisify(execFile)(SYFT, [`dir:${root}`, '-q', '-o', 'syft-json'], {
      env: { PATH: process.env['PATH'] ?? '', HOME: images.folder, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
      maxBuffer: 1 << 26,
    });
    const { artifacts } = JSON.parse(stdout) as { artifacts: Artifact[] };
    const apks = artifacts.filter(({ type }) => type === 'apk');
    expect(apks.map(({ name, version }) => `${name} ${version}`).sort()).toEqual([
      'alpine-baselayout 3.6.5-r0',
      'web 1.1-r0',
    ]);
    const files = apks.find(({ name }) => name === 'web')?.metadata?.files ?? [];
    expect(files.find(({ path }) => path === '/usr/bin/web')?.digest?.value).toMatch(/^Q1/);
  } finally {
    await repository.close();
    await images.close();
  }
}, 60_000);
