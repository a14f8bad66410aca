/** Makes an OCI manifest for an image that a docker archive holds without one. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RawManifest } from '../content.ts';
import { OciError } from '../error.ts';
import { compressionOf } from '../layers/decompress.ts';
import { type Descriptor, MAX_LAYERS } from '../manifest.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_MANIFEST } from '../media-types.ts';
import type { TarFile } from './tar-file.ts';

/** One element of `manifest.json`, which `docker save` writes since 1.10. */
export const ArchivedImage = z.object({
  Config: z.string().max(4096),
  RepoTags: z.array(z.string().max(4096)).max(10_000).nullish(),
  Layers: z.array(z.string().max(4096)).max(MAX_LAYERS).nullish(),
});
export type ArchivedImage = z.infer<typeof ArchivedImage>;

export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

const Config = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()).nullish() }).nullish() });
const LAYER_TYPES = { none: OCI_LAYER, gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } as const;

/** The image's manifest and, by digest, the members that hold its blobs. */
export type Synthesized = { raw: RawManifest; members: Map<string, string> };

/**
 * Describes the stored bytes: digests and sizes are computed, names are not believed. The same archive gives the same
 * manifest each time.
 *
 * @throws OciError `archive-invalid`: a part is missing, or a layer is not the one that the configuration names
 */
export async function synthesizeManifest(file: string, tar: TarFile, image: ArchivedImage): Promise<Synthesized> {
  const config = await tar.read(image.Config, MAX_CONFIG_BYTES).catch((cause: unknown) => missing(file, cause));
  const diffIds = readDiffIds(file, image.Config, config);
  const layers = image.Layers ?? [];
  if (diffIds.length !== layers.length)
    throw new OciError(
      'archive-invalid',
      `${image.Config} in ${file} names ${diffIds.length} layers, manifest.json ${layers.length}`,
    );
  const members = new Map<string, string>();
  const described: Descriptor[] = [];
  for (const [at, name] of layers.entries()) {
    const layer = await describeLayer(tar, name).catch((cause: unknown) => missing(file, cause));
    if (layer.mediaType === OCI_LAYER && layer.digest !== diffIds[at])
      throw new OciError(
        'archive-invalid',
        `the layer ${name} in ${file} has the digest ${layer.digest}; the image's configuration says ${String(diffIds[at]).slice(0, 100)}`,
      );
    members.set(layer.digest, name);
    described.push(layer);
  }
  const configDescriptor = { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length };
  members.set(configDescriptor.digest, image.Config);
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: configDescriptor, layers: described }),
  );
  return { raw: { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes }, members };
}

async function describeLayer(tar: TarFile, name: string): Promise<Descriptor> {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let size = 0;
  for await (const piece of (await tar.stream(name)) as AsyncIterable<Buffer>) {
    if (head.length < 4) head = Buffer.concat([head, piece.subarray(0, 4)]);
    hash.update(piece);
    size += piece.length;
  }
  return { mediaType: LAYER_TYPES[compressionOf(head)], digest: `sha256:${hash.digest('hex')}`, size };
}

function readDiffIds(file: string, name: string, bytes: Buffer): string[] {
  try {
    return Config.parse(JSON.parse(bytes.toString('utf8'))).rootfs?.diff_ids ?? [];
  } catch (cause) {
    throw new OciError('archive-invalid', `${name} in ${file} is no image configuration`, { cause });
  }
}

/** A part that manifest.json names and the archive lacks is a broken archive, not an absent image. */
function missing(file: string, cause: unknown): never {
  if (cause instanceof OciError && cause.code === 'not-found')
    throw new OciError('archive-invalid', `${cause.message}, though manifest.json names it`, { cause });
  throw cause instanceof OciError ? cause : new OciError('archive-invalid', `${file} cannot be read`, { cause });
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
