/** A statement about an image as an artifact that refers to it, so that it travels with the image. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ContentSource, type Descriptor, OCI_EMPTY, OCI_MANIFEST, type RawManifest } from '@pratique/oci';

const IN_TOTO = 'application/vnd.in-toto+json';

/** The source with one referrer more: the unsigned statement, which the server's chain signs as the account's word. */
export function withProvenance(
  source: ContentSource,
  subject: RawManifest,
  statement: { predicateType: string },
): ContentSource {
  const blobs = [blob(IN_TOTO, Buffer.from(JSON.stringify(statement))), blob(OCI_EMPTY, Buffer.from('{}'))];
  const [layer, config] = blobs as [Stored, Stored];
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: IN_TOTO,
      config: config.descriptor,
      layers: [{ ...layer.descriptor, annotations: { 'in-toto.io/predicate-type': statement.predicateType } }],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
    }),
  );
  const manifest: RawManifest = { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes };
  const referrer: Descriptor = {
    mediaType: OCI_MANIFEST,
    digest: manifest.digest,
    size: bytes.length,
    artifactType: IN_TOTO,
  };
  return {
    manifest: async (reference) => (reference === manifest.digest ? manifest : source.manifest(reference)),
    async blob(descriptor) {
      const own = blobs.find((stored) => stored.descriptor.digest === descriptor.digest);
      return own ? Readable.from([own.bytes]) : source.blob(descriptor);
    },
    referrers: async (digest) => [
      ...(await source.referrers(digest)),
      ...(digest === subject.digest ? [referrer] : []),
    ],
  };
}

type Stored = { descriptor: Descriptor; bytes: Buffer };

function blob(mediaType: string, bytes: Buffer): Stored {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
