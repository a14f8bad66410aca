/** pratique repair on an image of another family than Debian's: addresses and keys come from the command line. */
import { join } from 'node:path';
import { BASELAYOUT, Images, installApks } from '@pratique/compose/fixture/apk-image';
import { type ApkRepository, type ApkSpec, makeApkRepository } from '@pratique/compose/fixture/apk-repository';
import type { RepairResult } from '@pratique/contract';
import { copyGraph, createLayout } from '@pratique/oci';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type TestHome } from '../testing.ts';

const web = (version: string): ApkSpec => ({
  name: 'web',
  version,
  files: [
    { path: 'usr', type: 'directory' },
    { path: 'usr/web', content: version },
  ],
});

let home: TestHome;
let images: Images;
let repository: ApkRepository;
beforeAll(async () => {
  [home, images, repository] = await Promise.all([createHome(), Images.make(), makeApkRepository()]);
  repository.publish([BASELAYOUT, web('1.1-r0')]);
  const built = [BASELAYOUT, web('1.0-r0')].map((spec) => repository.build(spec));
  const { source, manifest } = await images.of({ tree: installApks(built) });
  await copyGraph(source, await createLayout(join(home.dir, 'image')), manifest.digest, { tag: '1', referrers: false });
});
afterAll(async () => {
  await repository.close();
  await images.close();
  await home.remove();
});

describe('an image of apk', () => {
  const place = () => ['--repository', `${repository.mirror}/v3.99/main`, '--keyring', repository.keyring];

  test('is repaired from the repository that is named, by the keys that are named', async () => {
    const ran = await home.run(['repair', 'oci:image:1', ...place(), '--json']);
    expect(ran).toMatchObject({ code: 0 });
    const result = JSON.parse(ran.out) as RepairResult & { destination: string };
    expect(result.destination).toBe('oci:image:1-r1');
    expect(result.upgraded).toEqual([expect.objectContaining({ name: 'web', from: '1.0-r0', to: '1.1-r0' })]);
    const again = await home.run(['repair', 'oci:image:1-r1', ...place(), '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ to: null, destination: null, upgraded: [] });
  });

  test('is not repaired without keys, and the command says how to name them', async () => {
    const ran = await home.run(['repair', 'oci:image:1', '--repository', `${repository.mirror}/v3.99/main`]);
    expect(ran.code).not.toBe(0);
    expect(ran.notes).toMatch(/--keyring|has no such key/);
  });
});
