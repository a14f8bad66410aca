/** Builds a small real image as an OCI layout, and runs the tools that tests are held against. */
import { spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ContentSink, RawManifest } from './content.ts';
import { sha256, tar } from './layers/tar-fixture.ts';
import type { Descriptor } from './manifest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_MANIFEST } from './media-types.ts';

export type StoredBlob = { descriptor: Descriptor; bytes: Buffer };
export type FixtureImage = { raw: RawManifest; blobs: StoredBlob[] };

export function storedBlob(mediaType: string, bytes: Buffer): StoredBlob {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes };
}

export function rawManifest(mediaType: string, value: object): RawManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
  return { digest: sha256(bytes), mediaType, bytes };
}

/** An image of two layers; `text` makes it differ from others. */
export function fixtureImage(text: string, options: { zstd?: boolean; architecture?: string } = {}): FixtureImage {
  const layers = [
    tar({ path: 'etc/', mode: 0o755 }, { path: 'etc/motd', content: `${text}\n` }),
    tar({ path: 'srv/', mode: 0o755 }, { path: 'srv/app', content: text.repeat(1000) }),
  ];
  const config = storedBlob(
    OCI_CONFIG,
    Buffer.from(
      JSON.stringify({
        created: '2026-01-01T00:00:00Z',
        architecture: options.architecture ?? 'amd64',
        os: 'linux',
        config: { Entrypoint: ['/srv/app'] },
        rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
        history: layers.map(() => ({ created: '2026-01-01T00:00:00Z', created_by: 'fixture' })),
      }),
    ),
  );
  const blobs = layers.map((layer) =>
    options.zstd ? storedBlob(OCI_LAYER_ZSTD, zstdCompressSync(layer)) : storedBlob(OCI_LAYER_GZIP, gzipSync(layer)),
  );
  return {
    raw: rawManifest(OCI_MANIFEST, { config: config.descriptor, layers: blobs.map((blob) => blob.descriptor) }),
    blobs: [config, ...blobs],
  };
}

export function fixtureIndex(...images: RawManifest[]): RawManifest {
  return rawManifest(OCI_INDEX, {
    manifests: images.map((raw, at) => ({
      ...descriptorOf(raw),
      platform: { os: 'linux', architecture: at === 0 ? 'amd64' : 'arm64' },
    })),
  });
}

/** An artifact that refers to `subject`, with its one blob. */
export function fixtureReferrer(subject: RawManifest, text: string): FixtureImage {
  const blob = storedBlob('text/plain', Buffer.from(text));
  const config = storedBlob('application/vnd.oci.empty.v1+json', Buffer.from('{}'));
  return {
    raw: rawManifest(OCI_MANIFEST, {
      artifactType: 'application/vnd.example.note',
      config: config.descriptor,
      layers: [blob.descriptor],
      subject: descriptorOf(subject),
    }),
    blobs: [config, blob],
  };
}

export function descriptorOf(raw: RawManifest): Descriptor {
  return { mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length };
}

export async function store(sink: ContentSink, image: FixtureImage, tag: string | null): Promise<void> {
  for (const { descriptor, bytes } of image.blobs) await sink.putBlob(descriptor, Readable.from([bytes]));
  await sink.putManifest(image.raw, tag);
}

/** Null when the tool works here, else why it does not. */
export function missingTool(name: string): string | null {
  const run = spawnSync(name, ['--version'], { encoding: 'utf8' });
  return run.status === 0 ? null : `${name} is not installed`;
}

/** Runs a tool and answers with its output. @throws Error with what it said when it fails */
export function runTool(name: string, ...args: string[]): string {
  const run = spawnSync(name, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (run.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${run.stderr || String(run.error)}`);
  return run.stdout;
}
