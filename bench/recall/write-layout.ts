/** Writes image layouts whose layers are folders, packed by GNU tar, on top of a composed image or of nothing. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runProgram } from './run-program.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

const Descriptor = z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.number() });
const Manifest = z.looseObject({ config: Descriptor, layers: z.array(Descriptor) });
const Config = z.looseObject({ rootfs: z.looseObject({ type: z.string(), diff_ids: z.array(z.string()) }) });

/** Adds a layer for each folder, lowest first; the layout then has this one image, with the tag `latest`. */
export async function writeLayout(layout: string, folders: readonly string[]): Promise<void> {
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
  const base = await readBase(layout);
  const layers = [...base.layers];
  const diffIds = [...base.diffIds];
  for (const [at, folder] of folders.entries()) {
    const tar = join(layout, `layer-${at}.tar`);
    // Names in a fixed order and one time: the same folder is the same layer.
    const fixed = ['--sort=name', '--mtime=@1700000000', '--owner=0', '--group=0', '--numeric-owner', '--format=pax'];
    const plain = '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime';
    await runProgram('tar', [...fixed, plain, '-C', folder, '-cf', tar, '.'], { needs: 'GNU tar' });
    diffIds.push(await digestOf(tar));
    await runProgram('gzip', ['-n', '-6', '-f', tar]);
    layers.push({ mediaType: LAYER, ...(await moveBlob(layout, `${tar}.gz`)) });
  }
  const config = await writeBlob(layout, {
    created: '2023-11-14T22:13:20Z',
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const manifest = await writeBlob(layout, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, ...config },
    layers,
  });
  const tag = { 'org.opencontainers.image.ref.name': 'latest' };
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: MANIFEST, ...manifest, annotations: tag }] }),
  );
}

type Blob = { digest: string; size: number };

async function readBase(layout: string): Promise<{ layers: z.infer<typeof Descriptor>[]; diffIds: string[] }> {
  const text = await readFile(join(layout, 'index.json'), 'utf8').catch(() => null);
  if (text === null) return { layers: [], diffIds: [] };
  const index = z.looseObject({ manifests: z.array(Descriptor).min(1) }).parse(JSON.parse(text));
  const blob = (digest: string) => readFile(join(layout, 'blobs', 'sha256', digest.slice(7)), 'utf8');
  const manifest = Manifest.parse(JSON.parse(await blob(index.manifests[0]?.digest ?? '')));
  const config = Config.parse(JSON.parse(await blob(manifest.config.digest)));
  return { layers: manifest.layers, diffIds: config.rootfs.diff_ids };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

async function moveBlob(layout: string, path: string): Promise<Blob> {
  const digest = await digestOf(path);
  const { size } = await stat(path);
  await rename(path, join(layout, 'blobs', 'sha256', digest.slice(7)));
  return { digest, size };
}

async function writeBlob(layout: string, json: unknown): Promise<Blob> {
  const path = join(layout, 'part.json');
  await writeFile(path, JSON.stringify(json));
  return moveBlob(layout, path);
}
