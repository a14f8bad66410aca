/** Finds what is attached to an image: OCI 1.1 referrers and the tags of cosign 2. */
import type { Readable } from 'node:stream';
import {
  type ContentSource,
  type Descriptor,
  type ImageManifest,
  OciError,
  parseManifest,
  verifyStream,
} from '@pratique/oci';
import { attachmentTag, SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from './artifact.ts';
import { readBundle, readEnvelope } from './bundle.ts';
import { DSSE_MEDIA_TYPE, type Envelope } from './dsse.ts';
import { SignError } from './error.ts';

/** Something signed, not yet verified. */
export type Candidate =
  | { form: 'bundle'; envelope: Envelope; hint: string | null; manifest: string }
  | { form: 'envelope'; envelope: Envelope; manifest: string }
  | { form: 'simple'; payload: Buffer; signature: string; manifest: string }
  | { form: 'broken'; error: SignError; manifest: string };

const MAX_REFERRERS = 1000;
const MAX_LAYERS = 100;
const MAX_BYTES = 64 * 1024 * 1024;
const BUNDLE = 'application/vnd.dev.sigstore.bundle';

/**
 * Everything attached to a digest that may be a signature. Hostile attachments come back as `broken`, so that they
 * cannot hide a good one.
 *
 * @throws SignError `source-failed` when the place itself cannot be read: absence is only what it says is absent
 */
export async function discover(source: ContentSource, digest: string): Promise<Candidate[]> {
  const budget = { bytes: MAX_BYTES };
  const referrers = (await orFail(source.referrers(digest), 'referrers')).slice(0, MAX_REFERRERS);
  const attached = referrers
    .filter(maySign)
    .map(async (descriptor) => orFail(source.manifest(descriptor.digest), descriptor.digest));
  const tagged = (['sig', 'att'] as const).map(async (suffix) =>
    orAbsent(source.manifest(attachmentTag(digest, suffix))),
  );
  const manifests = (await Promise.all([...attached, ...tagged])).filter((manifest) => manifest !== null);
  const unique = new Map(manifests.map((manifest) => [manifest.digest, manifest]));
  const candidates: Candidate[] = [];
  for (const manifest of unique.values()) {
    const layers = signedLayers(manifest.bytes, manifest.mediaType);
    for (const layer of layers) candidates.push(await readLayer(source, layer, manifest.digest, budget));
  }
  return candidates;
}

/** Old registries do not repeat the artifact type in their index: then the manifest is looked at. */
function maySign({ artifactType, mediaType }: Descriptor): boolean {
  if (mediaType.includes('index') || mediaType.includes('list')) return false;
  if (!artifactType || artifactType === 'application/vnd.oci.empty.v1+json') return true;
  return artifactType.startsWith(BUNDLE) || /dsse|in-toto|cosign/.test(artifactType);
}

function signedLayers(bytes: Buffer, mediaType: string): Descriptor[] {
  let manifest: ImageManifest;
  try {
    const parsed = parseManifest(bytes, mediaType);
    if (parsed.kind !== 'image') return [];
    manifest = parsed.manifest;
  } catch {
    return []; // No manifest, no signature.
  }
  return manifest.layers
    .slice(0, MAX_LAYERS)
    .filter(({ mediaType: type }) => type.startsWith(BUNDLE) || type === DSSE_MEDIA_TYPE || type === SIMPLE_SIGNING);
}

async function readLayer(
  source: ContentSource,
  layer: Descriptor,
  manifest: string,
  budget: { bytes: number },
): Promise<Candidate> {
  budget.bytes -= layer.size;
  if (budget.bytes < 0)
    return {
      form: 'broken',
      manifest,
      error: new SignError('bundle-invalid', `the attachments have more than ${MAX_BYTES} bytes`),
    };
  try {
    const bytes = await readAll(await source.blob(layer), layer);
    if (layer.mediaType === SIMPLE_SIGNING)
      return { form: 'simple', payload: bytes, signature: layer.annotations?.[SIGNATURE_ANNOTATION] ?? '', manifest };
    if (layer.mediaType === DSSE_MEDIA_TYPE) return { form: 'envelope', envelope: readEnvelope(bytes), manifest };
    return { form: 'bundle', ...readBundle(bytes), manifest };
  } catch (error) {
    if (error instanceof SignError) return { form: 'broken', error, manifest };
    // Missing or altered blobs are the attachment's fault; a place out of reach is not.
    if (error instanceof OciError && /^(not-found|digest-mismatch|size-mismatch)$/.test(error.code))
      return { form: 'broken', manifest, error: new SignError('bundle-invalid', error.message, { cause: error }) };
    throw new SignError('source-failed', `the attachment ${manifest} cannot be read`, { cause: error });
  }
}

async function readAll(stream: Readable, descriptor: Descriptor): Promise<Buffer> {
  const checked = verifyStream(descriptor);
  stream.on('error', (error) => checked.destroy(error));
  stream.pipe(checked);
  const chunks: Buffer[] = [];
  for await (const chunk of checked) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function orFail<T>(promise: Promise<T>, what: string): Promise<T> {
  return promise.catch((cause: unknown) => {
    throw new SignError('source-failed', `the signatures cannot be looked up (${what})`, { cause });
  });
}

async function orAbsent<T>(promise: Promise<T>): Promise<T | null> {
  return promise.catch((cause: unknown) => {
    if (cause instanceof OciError && cause.code === 'not-found') return null;
    throw new SignError('source-failed', 'the signatures cannot be looked up', { cause });
  });
}
