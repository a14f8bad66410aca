/** Manifest and configuration of a base, without its layers: an image built on it has them. */
import { buffer } from 'node:stream/consumers';
import {
  type ContentSource,
  type Descriptor,
  type ImageManifest,
  parseManifest,
  type RawManifest,
  verifyStream,
} from '@pratique/oci';
import { z } from 'zod';
import { ComposeError } from '../error.ts';
import type { ImageConfig } from '../repair/image/read-image.ts';

export type BaseImage = { raw: RawManifest; manifest: ImageManifest; config: ImageConfig };

const Config = z.looseObject({
  config: z.looseObject({}).nullish(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z.array(z.looseObject({})).nullish(),
});
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

/** @throws ComposeError `image-unsupported`; OciError of the source */
export async function readBase(source: ContentSource, reference: string): Promise<BaseImage> {
  const raw = await source.manifest(reference);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  if (parsed.kind !== 'image' || !parsed.runnable)
    throw new ComposeError('image-unsupported', `${raw.digest} is no image that others are built on`);
  const { manifest } = parsed;
  if (manifest.config.size > MAX_CONFIG_BYTES)
    throw new ComposeError('too-large', `the configuration of ${raw.digest} has ${manifest.config.size} bytes`);
  const bytes = await buffer((await source.blob(manifest.config)).pipe(verifyStream(manifest.config)));
  let json: unknown = null;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ComposeError('image-unsupported', `the configuration of ${raw.digest} is not JSON`, { cause });
  }
  const config = Config.safeParse(json);
  if (!config.success)
    throw new ComposeError('image-unsupported', `the configuration of ${raw.digest} is none of an image`);
  return { raw, manifest, config: json as ImageConfig };
}

/** `linux/arm64/v8`; compared without the variant where one side has none. */
export function platformOf({ platform }: Pick<Descriptor, 'platform'>): string | null {
  if (!platform || platform.os === 'unknown') return null;
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/**
 * The image for a platform: of an index its child, else the image itself.
 * @returns null where an index has none
 */
export async function imageForPlatform(
  source: ContentSource,
  reference: string,
  platform: string,
): Promise<RawManifest | null> {
  const raw = await source.manifest(reference);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  if (parsed.kind === 'image') return raw;
  const bare = platform.split('/').slice(0, 2).join('/');
  const named = parsed.manifest.manifests.filter((one) => platformOf(one) !== null);
  const child =
    named.find((one) => platformOf(one) === platform) ??
    named.find((one) => platformOf(one)?.split('/').slice(0, 2).join('/') === bare);
  return child ? source.manifest(child.digest) : null;
}
