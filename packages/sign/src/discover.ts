/** Finds what is attached to an image: OCI 1.1 referrers and the tags of cosign 2. */
import type { Readable } from 'node:stream';
import {
  type ContentSource,
  type Descriptor,
  type ImageManifest,
  OciError,
  parseManifest,
  type RawManifest,
  verifyStream,
} from '@pratique/oci';
import { attachmentTag, SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from './artifact.ts';
import { type MessageSignature, readAnyBundle, readEnvelope } from './bundle.ts';
import { DSSE_MEDIA_TYPE, type Envelope } from './dsse.ts';
import { SignError } from './error.ts';

/** What cosign 2 writes beside a signature: certificate, log entry, time stamp. */
export type SignatureAnnotations = Readonly<Record<string, string>>;

/** Something signed, not yet verified. */
export type Candidate =
  | { form: 'bundle'; envelope: Envelope; hint: string | null; manifest: string; json: unknown }
  | { form: 'message'; message: MessageSignature; hint: string | null; manifest: string; json: unknown }
  | { form: 'envelope'; envelope: Envelope; manifest: string; annotations: SignatureAnnotations }
  | { form: 'simple'; payload: Buffer; signature: string; manifest: string; annotations: SignatureAnnotations }
  | { form: 'broken'; error: SignError; manifest: string };

export type Discovered = {
  candidates: Candidate[];
  /** What was left out because there was too much of it; null: everything was looked at. */
  leftOut: string | null;
};

const MAX_REFERRERS = 1000;
const MAX_LAYERS = 100;
const MAX_CANDIDATES = 2000;
const MAX_LAYER_BYTES = 32 * 1024 * 1024;
const MAX_BYTES = 64 * 1024 * 1024;
const PARALLEL = 8;
const BUNDLE = 'application/vnd.dev.sigstore.bundle';

/**
 * Everything attached to a digest that may be a signature. Hostile attachments come back as `broken`, so that they
 * cannot hide a good one; more than can be looked at is told.
 *
 * @throws SignError `source-failed` when the place itself cannot be read: absence is only what it says is absent
 * @see distribution-spec 1.1, "Listing Referrers" and "Referrers Tag Schema"; cosign 2 specs/SIGNATURE_SPEC.md
 */
export async function discover(source: ContentSource, digest: string): Promise<Discovered> {
  const budget = { bytes: MAX_BYTES };
  const listed = (await orFail(source.referrers(digest), 'referrers')).filter(maySign);
  const referrers = listed.slice(0, MAX_REFERRERS);
  const tagged = (['sig', 'att'] as const).map((suffix) => orAbsent(source.manifest(attachmentTag(digest, suffix))));
  const attached = await inParallel(referrers, (descriptor) => readReferrer(source, descriptor));
  const found = [...(await Promise.all(tagged)), ...attached].filter((one) => one !== null);
  const candidates: Candidate[] = found.filter((one) => 'form' in one);
  const manifests = new Map(found.flatMap((one) => ('form' in one ? [] : [[one.digest, one] as const])));
  let layersLeft = 0;
  for (const manifest of manifests.values()) {
    const layers = signedLayers(manifest.bytes, manifest.mediaType);
    const room = Math.max(0, Math.min(MAX_LAYERS, MAX_CANDIDATES - candidates.length));
    layersLeft += Math.max(0, layers.length - room);
    candidates.push(
      ...(await inParallel(layers.slice(0, room), (layer) => readLayer(source, layer, manifest.digest, budget))),
    );
  }
  const left = listed.length - referrers.length + layersLeft;
  return { candidates, leftOut: left > 0 ? `${left} more attachments were not looked at` : null };
}

/** A listed referrer that is gone or altered is the attachment's fault, and hides no other. */
async function readReferrer(source: ContentSource, { digest }: Descriptor): Promise<RawManifest | Candidate> {
  try {
    const raw = await source.manifest(digest);
    if (raw.digest === digest) return raw;
    throw new OciError('digest-mismatch', `${digest} was answered with ${raw.digest}`);
  } catch (error) {
    if (error instanceof OciError && FAULTS_OF_ATTACHMENTS.has(error.code))
      return {
        form: 'broken',
        manifest: digest,
        error: new SignError('bundle-invalid', error.message, { cause: error }),
      };
    throw new SignError('source-failed', `the signatures cannot be looked up (${digest})`, { cause: error });
  }
}

const FAULTS_OF_ATTACHMENTS = new Set([
  'not-found',
  'digest-mismatch',
  'size-mismatch',
  'manifest-invalid',
  'manifest-unsupported',
  'manifest-too-large',
]);

async function inParallel<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += PARALLEL)
    results.push(...(await Promise.all(all.slice(at, at + PARALLEL).map(work))));
  return results;
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
  return manifest.layers.filter(
    ({ mediaType: type }) => type.startsWith(BUNDLE) || type === DSSE_MEDIA_TYPE || type === SIMPLE_SIGNING,
  );
}

async function readLayer(
  source: ContentSource,
  layer: Descriptor,
  manifest: string,
  budget: { bytes: number },
): Promise<Candidate> {
  if (layer.size > MAX_LAYER_BYTES)
    return {
      form: 'broken',
      manifest,
      error: new SignError(
        'bundle-invalid',
        `the attachment has ${layer.size} bytes; at most ${MAX_LAYER_BYTES} are read`,
      ),
    };
  budget.bytes -= layer.size;
  if (budget.bytes < 0)
    return {
      form: 'broken',
      manifest,
      error: new SignError('bundle-invalid', `the attachments have more than ${MAX_BYTES} bytes`),
    };
  try {
    const bytes = await readAll(await source.blob(layer), layer);
    const annotations = layer.annotations ?? {};
    if (layer.mediaType === SIMPLE_SIGNING)
      return {
        form: 'simple',
        payload: bytes,
        signature: annotations[SIGNATURE_ANNOTATION] ?? '',
        manifest,
        annotations,
      };
    if (layer.mediaType === DSSE_MEDIA_TYPE)
      return { form: 'envelope', envelope: readEnvelope(bytes), manifest, annotations };
    return { ...readAnyBundle(bytes), manifest };
  } catch (error) {
    if (error instanceof SignError) return { form: 'broken', error, manifest };
    // Missing or altered blobs are the attachment's fault; a place out of reach is not.
    if (error instanceof OciError && FAULTS_OF_ATTACHMENTS.has(error.code))
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
