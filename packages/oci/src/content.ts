/** Where images are read from and written to; every place that holds images implements one or both of these. */
import type { Readable } from 'node:stream';
import type { Descriptor } from './manifest.ts';

/** A manifest as bytes, so that its digest stays what it was. */
export type RawManifest = { digest: string; mediaType: string; bytes: Buffer };

export type ContentSource = {
  /** Resolves a tag or digest. @throws OciError `not-found` */
  manifest(tagOrDigest: string): Promise<RawManifest>;
  /** Streams a blob. The reader checks size and digest. @throws OciError `not-found` */
  blob(descriptor: Descriptor): Promise<Readable>;
  /** Where a blob lies as a file of its own; absent, or null, where it does not. */
  file?(descriptor: Descriptor): string | null;
  /** Manifests whose subject is the digest; empty where the place knows no referrers. */
  referrers(digest: string): Promise<Descriptor[]>;
};

export type ContentSink = {
  /** Blobs that may be sent at a time, where the place takes fewer than a copy would send. */
  readonly parallel?: number;
  /** False where the place cannot hold what refers to an image. */
  readonly holdsReferrers?: false;
  hasManifest(digest: string): Promise<boolean>;
  hasBlob(descriptor: Descriptor): Promise<boolean>;
  /** Takes a blob without its bytes where the place already has them, and may. Absent where it never can. */
  mountBlob?(descriptor: Descriptor): Promise<boolean>;
  /**
   * Stores a blob durably; refuses one whose bytes do not match.
   *
   * @param reopen opens the content anew, where it can be: what goes over a network may have to be sent again
   * @throws OciError `digest-mismatch`, `size-mismatch`
   */
  putBlob(descriptor: Descriptor, content: Readable, reopen?: () => Promise<Readable>): Promise<void>;
  /** Stores a manifest whose children and blobs are there; `tag` null stores it by digest only. */
  putManifest(manifest: RawManifest, tag: string | null): Promise<void>;
};
