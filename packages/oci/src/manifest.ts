/** Parses and bounds manifests: the first thing that hostile clients send. */
import { Digest } from '@pratique/contract';
import { z } from 'zod';
import { OciError } from './error.ts';
import { findAmbiguity } from './json.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, isIndexType, isRunnableConfig, OCI_INDEX, OCI_MANIFEST } from './media-types.ts';

export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MAX_LAYERS = 1000;
export const MAX_CHILDREN = 1000;

const MediaType = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(;.*)?$/);
const Annotations = z.record(z.string(), z.string());

export const Descriptor = z.looseObject({
  mediaType: MediaType,
  digest: Digest,
  size: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
  urls: z.array(z.string()).optional(),
  annotations: Annotations.optional(),
  artifactType: z.string().optional(),
  platform: z.looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

export const ImageManifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: MediaType.optional(),
  artifactType: MediaType.optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
  subject: Descriptor.optional(),
  annotations: Annotations.optional(),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

export const ImageIndex = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: MediaType.optional(),
  artifactType: MediaType.optional(),
  manifests: z.array(Descriptor),
  subject: Descriptor.optional(),
  annotations: Annotations.optional(),
});
export type ImageIndex = z.infer<typeof ImageIndex>;

export type ParsedManifest =
  | { kind: 'image'; mediaType: string; manifest: ImageManifest; bytes: Buffer; runnable: boolean }
  | { kind: 'index'; mediaType: string; manifest: ImageIndex; bytes: Buffer };

/**
 * Parses one manifest in any of the four supported forms.
 *
 * @param declaredType the Content-Type it came with; must agree with the `mediaType` field where both are present
 * @throws OciError `manifest-too-large`, `manifest-unsupported` (schema 1, unknown types), `manifest-invalid`
 * @see image-spec 1.1 manifest.md and image-index.md; Docker image manifest v2 schema 2
 */
export function parseManifest(bytes: Buffer, declaredType?: string): ParsedManifest {
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw new OciError(
      'manifest-too-large',
      `the manifest has ${bytes.length} bytes; at most ${MAX_MANIFEST_BYTES} are taken`,
    );
  const json = readJson(bytes);
  if (json['schemaVersion'] === 1)
    throw new OciError('manifest-unsupported', 'image manifests of schema version 1 are not supported');
  const own = typeof json['mediaType'] === 'string' ? json['mediaType'] : undefined;
  const declared = declaredType?.split(';')[0]?.trim() || undefined;
  if (own !== undefined && declared !== undefined && own !== declared)
    throw new OciError(
      'manifest-invalid',
      `the manifest calls itself ${own.slice(0, 100)} but was sent as ${declared.slice(0, 100)}`,
    );
  // image-spec CVE-2021-41190: a document that is both an image and an index is refused.
  if ('manifests' in json && ('layers' in json || 'config' in json))
    throw new OciError(
      'manifest-invalid',
      'the manifest has both "manifests" and "layers"; it must be an image or an index',
    );
  const mediaType = own ?? declared ?? ('manifests' in json ? OCI_INDEX : OCI_MANIFEST);
  if (isIndexType(mediaType)) return parseIndex(json, mediaType, bytes);
  if (mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST) return parseImage(json, mediaType, bytes);
  throw new OciError('manifest-unsupported', `manifests of type ${mediaType.slice(0, 100)} are not supported`);
}

function parseIndex(json: Record<string, unknown>, mediaType: string, bytes: Buffer): ParsedManifest {
  const manifest = checked(ImageIndex, json, mediaType);
  if (manifest.manifests.length > MAX_CHILDREN)
    throw new OciError(
      'manifest-invalid',
      `the index lists ${manifest.manifests.length} manifests; at most ${MAX_CHILDREN} are taken`,
    );
  return { kind: 'index', mediaType, manifest, bytes };
}

function parseImage(json: Record<string, unknown>, mediaType: string, bytes: Buffer): ParsedManifest {
  const manifest = checked(ImageManifest, json, mediaType);
  if (manifest.layers.length > MAX_LAYERS)
    throw new OciError(
      'manifest-invalid',
      `the manifest lists ${manifest.layers.length} layers; at most ${MAX_LAYERS} are taken`,
    );
  const runnable = isRunnableConfig(manifest.config.mediaType) && manifest.artifactType === undefined;
  return { kind: 'image', mediaType, manifest, bytes, runnable };
}

function checked<T>(schema: z.ZodType<T>, json: unknown, mediaType: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new OciError(
    'manifest-invalid',
    `the ${mediaType === DOCKER_LIST || mediaType === OCI_INDEX ? 'index' : 'manifest'} is invalid at ${where || 'its root'}: ${issue?.message ?? 'unknown'}`,
  );
}

function readJson(bytes: Buffer): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new OciError('manifest-invalid', 'the manifest is not valid JSON in UTF-8', { cause });
  }
  const trouble = findAmbiguity(text);
  if (trouble) throw new OciError('manifest-invalid', `the manifest is ambiguous: ${trouble}`);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    checkSpelling(value);
    return value as Record<string, unknown>;
  }
  throw new OciError('manifest-invalid', 'the manifest is not a JSON object');
}

const FIELDS = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
];
const DESCRIPTOR_FIELDS = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'artifactType', 'platform'];

/** Runtimes written in Go take `Layers` for `layers`; here it would be overlooked. */
function checkSpelling(manifest: object): void {
  spelledAs(FIELDS, manifest);
  for (const value of Object.values(manifest) as unknown[])
    for (const part of Array.isArray(value) ? (value as unknown[]) : [value])
      if (typeof part === 'object' && part !== null && 'digest' in part) spelledAs(DESCRIPTOR_FIELDS, part);
}

function spelledAs(fields: string[], value: object): void {
  for (const key of Object.keys(value)) {
    const folded = key.toUpperCase();
    const field = fields.find((one) => one.toUpperCase() === folded);
    if (field !== undefined && field !== key)
      throw new OciError('manifest-invalid', `the manifest spells ${field} as ${JSON.stringify(key.slice(0, 100))}`);
  }
}
