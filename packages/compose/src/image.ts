/** Puts layers together to an image, and serves it from temporary files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  type ContentSource,
  type Descriptor,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
  OciError,
  type RawManifest,
} from '@pratique/oci';
import type { Layer } from './layer/write-layer.ts';
import type { ComposeRequest } from './request.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const VARIANTS: Record<string, { architecture: string; variant?: string }> = {
  amd64: { architecture: 'amd64' },
  arm64: { architecture: 'arm64', variant: 'v8' },
  armhf: { architecture: 'arm', variant: 'v7' },
  i386: { architecture: '386' },
  ppc64el: { architecture: 'ppc64le' },
  s390x: { architecture: 's390x' },
  riscv64: { architecture: 'riscv64' },
};

export type LayerWithNote = Layer & { note: string };

/**
 * Writes configuration and manifest. Both depend on the arguments alone.
 *
 * @param created the release's date: the image says when its content was published, not when it was put together
 * @see image-spec 1.1 config.md, manifest.md
 */
export function makeImage(
  request: ComposeRequest,
  architecture: string,
  layers: LayerWithNote[],
  created: Date,
): { manifest: RawManifest; source: ContentSource } {
  const env = request.env ?? [];
  const config = json({
    created: created.toISOString(),
    ...(VARIANTS[architecture] ?? { architecture }),
    os: 'linux',
    config: {
      ...(request.user === undefined ? {} : { User: request.user }),
      Env: env.some((entry) => entry.startsWith('PATH=')) ? env : [DEFAULT_PATH, ...env],
      ...(request.entrypoint ? { Entrypoint: request.entrypoint } : {}),
      ...(request.cmd ? { Cmd: request.cmd } : request.entrypoint ? {} : { Cmd: ['/bin/sh'] }),
      ...(request.workdir === undefined ? {} : { WorkingDir: request.workdir }),
      ...(request.labels ? { Labels: sorted(request.labels) } : {}),
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((layer) => ({ created: created.toISOString(), created_by: layer.note })),
  });
  const bytes = json({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length },
    layers: layers.map(({ digest, size }) => ({ mediaType: OCI_LAYER_GZIP, digest, size })),
  });
  const manifest: RawManifest = { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes };
  return { manifest, source: serve(manifest, config, layers) };
}

function serve(manifest: RawManifest, config: Buffer, layers: Layer[]): ContentSource {
  return {
    manifest: async (wanted) => {
      if (wanted !== manifest.digest && wanted !== 'latest')
        throw new OciError('not-found', `the composed image is ${manifest.digest}, not ${wanted}`);
      return manifest;
    },
    blob: async (descriptor: Descriptor) => {
      if (descriptor.digest === digestOf(config)) return Readable.from([config]);
      const layer = layers.find((entry) => entry.digest === descriptor.digest);
      if (!layer) throw new OciError('not-found', `the composed image has no blob ${descriptor.digest}`);
      return createReadStream(layer.path);
    },
    referrers: async () => [],
  };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function sorted(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
