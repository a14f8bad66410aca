/** Reads OCI image layouts: `oci:DIR[:TAG]`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isDigest } from '@pratique/contract';
import type { ContentSource, RawManifest } from '../content.ts';
import { OciError } from '../error.ts';
import { type Descriptor, MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts';
import { blobPath, fileSize, namesOf, readBounded, readIndex } from './layout-files.ts';

/**
 * Opens a layout as it is now; what is written later is not seen.
 *
 * A reference is a tag (`org.opencontainers.image.ref.name`, or containerd's name), a digest, or '' for the only image.
 *
 * @throws OciError `layout-invalid` when the folder is no layout
 * @see image-spec 1.1, image-layout.md
 */
export async function openLayout(dir: string): Promise<ContentSource> {
  const index = await readIndex(dir);
  if (!index) throw new OciError('layout-invalid', `${dir} is no OCI layout: it has no index.json`);
  const entries = index.manifests;

  const byDigest = async (digest: string): Promise<RawManifest> => {
    const bytes = await readBounded(blobPath(dir, digest), MAX_MANIFEST_BYTES, digest);
    const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (actual !== digest)
      throw new OciError('digest-mismatch', `${dir} keeps bytes with the digest ${actual} under ${digest}`);
    return { digest, mediaType: parseManifest(bytes).mediaType, bytes };
  };
  /** Null for what the layout lists and does not hold. */
  const subjectOf = async (entry: Descriptor): Promise<string | null> => {
    if ((await fileSize(blobPath(dir, entry.digest))) === null) return null;
    return parseManifest((await byDigest(entry.digest)).bytes).manifest.subject?.digest ?? null;
  };
  const images = async (): Promise<Descriptor[]> => {
    const subjects = await Promise.all(entries.map(subjectOf));
    return entries.filter((_, at) => subjects[at] === null);
  };

  return {
    async manifest(reference) {
      if (isDigest(reference)) return byDigest(reference);
      return byDigest(choose(dir, reference, reference === '' ? await images() : entries));
    },
    async blob(descriptor) {
      const path = blobPath(dir, descriptor.digest);
      const size = await fileSize(path);
      if (size === null) throw new OciError('not-found', `${dir} does not hold the blob ${descriptor.digest}`);
      if (size !== descriptor.size)
        throw new OciError('size-mismatch', `${descriptor.digest} has ${size} bytes in ${dir}, not ${descriptor.size}`);
      return createReadStream(path, { highWaterMark: 1 << 20 });
    },
    file: ({ digest }) => blobPath(dir, digest),
    async referrers(digest) {
      const subjects = await Promise.all(entries.map(subjectOf));
      return entries.filter((_, at) => subjects[at] === digest);
    },
  };
}

function choose(dir: string, tag: string, entries: Descriptor[]): string {
  const digests = new Set(
    entries.filter((entry) => tag === '' || namesOf(entry).includes(tag)).map((one) => one.digest),
  );
  const [only] = digests;
  if (only !== undefined && digests.size === 1) return only;
  const names = [...new Set(entries.flatMap(namesOf))].slice(0, 20).join(', ') || 'none with a tag';
  if (digests.size === 0)
    throw new OciError('not-found', `${dir} holds no image ${tag}; it holds ${names}`.replace('  ', ' '));
  throw new OciError(
    'not-found',
    tag === '' ? `${dir} holds several images; name one: ${names}` : `${dir} has the name ${tag} for several images`,
  );
}
