/** Images that the test cluster can really run: busybox in a bookworm whose packages a scan can read. */
import { readFile } from 'node:fs/promises';
import { type FixtureEntry, sha256, tar } from '../../../packages/oci/src/layers/tar-fixture.ts';
import { bookworm, type InstalledPackage, makeImage, type TestImage } from '../../support/image.ts';
import { PAUSE_IMAGE } from './configuration.ts';
import { debianFile } from './versions.ts';

const APPLETS = ['sh', 'cat', 'echo', 'sleep', 'trap'];
/** Sleeps for ever and ends at once when it is asked to. */
const APP = '#!/bin/sh\ntrap "exit 0" TERM INT\nwhile :; do sleep 3600 & wait $!; done\n';

async function runnable(): Promise<FixtureEntry[]> {
  return [
    { path: 'bin/', mode: 0o755 },
    { path: 'bin/busybox', content: await readFile(debianFile('bin/busybox')), mode: 0o755 },
    ...APPLETS.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
    { path: 'bin/app', content: APP, mode: 0o755 },
  ];
}

/** A program that no package owns could not be judged: Debian's package brought it. */
const BUSYBOX = { name: 'busybox-static', version: '1:1.35.0-4+deb12u1' };

/** An image of these packages that keeps running; `note` makes images of equal content differ. */
export async function runnableImage(packages: readonly InstalledPackage[], note: string): Promise<TestImage> {
  const owned = { path: `var/lib/dpkg/info/${BUSYBOX.name}.list`, content: '/.\n/bin\n/bin/busybox\n' };
  return makeImage([...bookworm([...packages, BUSYBOX]), owned, ...(await runnable())], { note, user: '65534' });
}

/** The archive of the image that holds each pod's namespaces, for `ctr images import`. */
export async function pauseArchive(): Promise<Buffer> {
  const layer = tar(...(await runnable()));
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Entrypoint: ['/bin/app'], Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
    }),
  );
  const name = `${sha256(config).slice('sha256:'.length)}.json`;
  return tar(
    { path: name, content: config },
    { path: 'layer.tar', content: layer },
    {
      path: 'manifest.json',
      content: JSON.stringify([{ Config: name, RepoTags: [PAUSE_IMAGE], Layers: ['layer.tar'] }]),
    },
  );
}
