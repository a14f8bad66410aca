/** Signed things as OCI artifacts: the manifests and blobs that are pushed beside an image. */
import { createHash } from 'node:crypto';
import { type Descriptor, OCI_EMPTY, OCI_MANIFEST, type RawManifest } from '@pratique/oci';
import { BUNDLE_MEDIA_TYPE, writeBundle } from './bundle.ts';
import { DSSE_MEDIA_TYPE, type Envelope, IN_TOTO } from './dsse.ts';
import type { PublicKey } from './key.ts';

export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
export const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature';

/** Everything to push: the blobs first, then the manifest. `tag` is null for what is found as a referrer alone. */
export type SignedArtifact = {
  manifest: RawManifest;
  blobs: { descriptor: Descriptor; bytes: Buffer }[];
  tag: string | null;
};

export type ArtifactOptions = {
  /** The image: digest, size and media type of its manifest or index. */
  subject: Descriptor;
  predicateType: string;
  /** Becomes `org.opencontainers.image.created`, to the second. */
  created: Date;
};

/**
 * A signature or an attestation of an image that may be used, exactly as cosign 3 attaches it.
 *
 * cosign 3 takes EVERY bundle by the given key for a signature, whatever its predicate says. So this form is only for
 * images that were allowed, and all artifacts of this form are withdrawn when an image is denied; see evidenceArtifact.
 *
 * @see sigstore/cosign v3, pkg/oci/remote WriteAttestationNewBundleFormat; OCI image-spec 1.1, "Guidelines for Artifact Usage"
 */
export function bundleArtifact(envelope: Envelope, key: PublicKey, options: ArtifactOptions): SignedArtifact {
  const layer = blob(BUNDLE_MEDIA_TYPE, writeBundle(envelope, key));
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': options.predicateType,
    'org.opencontainers.image.created': timestamp(options.created),
  };
  return artifact(BUNDLE_MEDIA_TYPE, [layer], annotations, options.subject, null);
}

/**
 * A signed statement that must not pass for a signature: denials, and all else that is said about a denied image.
 *
 * It is both a referrer and, under the tag `sha256-<hex>.att`, an attestation of cosign 2's form: `cosign verify` takes
 * no notice of it, `cosign verify-attestation --type TYPE` verifies it. One tag holds all statements about an image.
 */
export function evidenceArtifact(
  statements: readonly { envelope: Envelope; predicateType: string }[],
  options: Omit<ArtifactOptions, 'predicateType'>,
): SignedArtifact {
  const layers = statements.map(({ envelope, predicateType }) => {
    const layer = blob(DSSE_MEDIA_TYPE, Buffer.from(JSON.stringify(envelope)));
    // cosign expects the signature's annotation, empty, since the signature is within the envelope.
    return {
      ...layer,
      descriptor: { ...layer.descriptor, annotations: { [SIGNATURE_ANNOTATION]: '', predicateType } },
    };
  });
  const annotations = { 'org.opencontainers.image.created': timestamp(options.created) };
  return artifact(IN_TOTO, layers, annotations, options.subject, attachmentTag(options.subject.digest, 'att'));
}

/** A signature of cosign 2's form, under the tag `sha256-<hex>.sig`. Like a bundle, only for images that were allowed. */
export function simpleSigningArtifact(
  payload: Buffer,
  signature: string,
  options: Omit<ArtifactOptions, 'predicateType'>,
): SignedArtifact {
  const layer = blob(SIMPLE_SIGNING, payload);
  const signed = { ...layer, descriptor: { ...layer.descriptor, annotations: { [SIGNATURE_ANNOTATION]: signature } } };
  const annotations = { 'org.opencontainers.image.created': timestamp(options.created) };
  return artifact(SIMPLE_SIGNING, [signed], annotations, options.subject, attachmentTag(options.subject.digest, 'sig'));
}

/** The tag under which cosign 2 keeps what belongs to an image. */
export function attachmentTag(digest: string, suffix: 'sig' | 'att'): string {
  return `${digest.replace(':', '-')}.${suffix}`;
}

function artifact(
  artifactType: string,
  layers: SignedArtifact['blobs'],
  annotations: Record<string, string>,
  subject: Descriptor,
  tag: string | null,
): SignedArtifact {
  const config = blob(OCI_EMPTY, Buffer.from('{}'));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType,
      config: config.descriptor,
      layers: layers.map(({ descriptor }) => descriptor),
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations,
    }),
  );
  return { manifest: { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes }, blobs: [config, ...layers], tag };
}

function blob(mediaType: string, bytes: Buffer): { descriptor: Descriptor; bytes: Buffer } {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
