/** Manifest and configuration of a rebased image, and a source that serves it from both images' layers. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ContentSource,
  type Descriptor,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
  OciError,
  type RawManifest,
} from '@pratique/oci';
import type { ImageConfig, ReadImage } from '../repair/image/read-image.ts';

/** @see image-spec 1.1, annotations.md */
export const BASE_NAME = 'org.opencontainers.image.base.name';
export const BASE_DIGEST = 'org.opencontainers.image.base.digest';

export type BaseIdentity = { digest: string; name: string | null };

export type WrittenRebase = { manifest: RawManifest; config: Buffer; layers: Descriptor[] };

/** @param replaced layers of the old base, which the image begins with */
export function writeRebased(
  image: ReadImage,
  base: ReadImage,
  replaced: number,
  merged: ImageConfig,
  identity: BaseIdentity,
): WrittenRebase {
  const layers = [...base.manifest.layers, ...image.manifest.layers.slice(replaced)];
  // Docker's manifests have no other layers than its own; where the base has others, the image becomes one of OCI.
  const docker = image.raw.mediaType === DOCKER_MANIFEST && layers.every(({ mediaType }) => isGzip(mediaType));
  const labels = merged.config?.Labels ?? {};
  const named = docker || BASE_DIGEST in labels || BASE_NAME in labels;
  const about = { [BASE_DIGEST]: identity.digest, ...(identity.name === null ? {} : { [BASE_NAME]: identity.name }) };
  const { [BASE_NAME]: _name, [BASE_DIGEST]: _digest, ...others } = labels;
  const config = json(named ? { ...merged, config: { ...merged.config, Labels: { ...others, ...about } } } : merged);
  const written = layers.map((layer) => ({ ...layer, mediaType: typeFor(layer.mediaType, docker) }));
  const { [BASE_NAME]: _oldName, ...annotations } = image.manifest.annotations ?? {};
  const bytes = json({
    ...image.manifest,
    ...(docker ? {} : { mediaType: OCI_MANIFEST }),
    config: {
      ...image.manifest.config,
      ...(docker ? {} : { mediaType: OCI_CONFIG }),
      digest: digestOf(config),
      size: config.length,
    },
    layers: written,
    ...(docker ? {} : { annotations: { ...annotations, ...about } }),
  });
  const mediaType = docker ? DOCKER_MANIFEST : OCI_MANIFEST;
  return { manifest: { digest: digestOf(bytes), mediaType, bytes }, config, layers: written };
}

const isGzip = (mediaType: string): boolean => mediaType === OCI_LAYER_GZIP || mediaType === DOCKER_LAYER_GZIP;

function typeFor(mediaType: string, docker: boolean): string {
  if (docker) return isGzip(mediaType) ? DOCKER_LAYER_GZIP : mediaType;
  return mediaType === DOCKER_LAYER_GZIP ? OCI_LAYER_GZIP : mediaType;
}

export function serveRebased(
  source: ContentSource,
  base: { source: ContentSource; layers: readonly Descriptor[] },
  { manifest, config }: WrittenRebase,
): ContentSource {
  const ofBase = new Set(base.layers.map(({ digest }) => digest));
  const digest = digestOf(config);
  return {
    manifest: async (wanted) => (wanted === manifest.digest ? manifest : source.manifest(wanted)),
    blob: async (descriptor) => {
      if (descriptor.digest === digest) return Readable.from([config]);
      return ofBase.has(descriptor.digest) ? base.source.blob(descriptor) : source.blob(descriptor);
    },
    file: (descriptor) => {
      if (descriptor.digest === digest) return null;
      return (ofBase.has(descriptor.digest) ? base.source : source).file?.(descriptor) ?? null;
    },
    referrers: async (wanted) => {
      if (wanted === manifest.digest) return [];
      return source.referrers(wanted).catch((error: unknown) => {
        if (error instanceof OciError && error.code === 'not-found') return [];
        throw error;
      });
    },
  };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
export const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
