/** Reads and writes OCI image layouts: `oci:DIR[:TAG]` (image-spec 1.1, image-layout.md). */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDigest } from '@pratique/contract';
import type { ContentSink, ContentSource, RawManifest } from './content.ts';
import { OciError } from './error.ts';
import { type Descriptor, ImageIndex, MAX_MANIFEST_BYTES, parseManifest } from './manifest.ts';
import { OCI_INDEX } from './media-types.ts';
import { verifyStream } from './verify-stream.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';
const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/**
 * Opens a layout for reading.
 * @throws OciError `layout-invalid` when the folder is no layout
 */
export async function openLayout(dir: string): Promise<ContentSource> {
  const index = await readIndex(dir);
  if (!index) throw new OciError('layout-invalid', `${dir} is no OCI layout: it has no index.json`);
  const manifest = async (reference: string): Promise<RawManifest> => {
    const digest = isDigest(reference) ? reference : findTag(index, reference, dir).digest;
    const bytes = await readBounded(blobPath(dir, digest), MAX_MANIFEST_BYTES, digest);
    return { digest, mediaType: parseManifest(bytes).mediaType, bytes };
  };
  return {
    manifest,
    async blob(descriptor) {
      const path = blobPath(dir, descriptor.digest);
      if (!(await stat(path).catch(() => null)))
        throw new OciError('not-found', `${dir} does not hold the blob ${descriptor.digest}`);
      return createReadStream(path, { highWaterMark: 1 << 20 });
    },
    async referrers(digest) {
      const found: Descriptor[] = [];
      for (const entry of index.manifests) {
        const parsed = await manifest(entry.digest).then(
          (raw) => parseManifest(raw.bytes),
          () => null,
        );
        if (parsed?.manifest.subject?.digest === digest) found.push(entry);
      }
      return found;
    },
  };
}

/** Opens a layout for writing, making it where it does not exist. Writers of one layout take turns. */
export async function createLayout(dir: string): Promise<ContentSink> {
  await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true });
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  if (!(await readIndex(dir))) await writeIndex(dir, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
  const has = async (digest: string, size?: number) => {
    const found = await stat(blobPath(dir, digest)).catch(() => null);
    return found !== null && (size === undefined || found.size === size);
  };
  return {
    hasManifest: (digest) => has(digest),
    hasBlob: (descriptor) => has(descriptor.digest, descriptor.size),
    async putBlob(descriptor, content: Readable) {
      const part = join(dir, `.part-${randomUUID()}`);
      try {
        await pipeline(content, verifyStream(descriptor), createWriteStream(part, { flush: true }));
        await rename(part, blobPath(dir, descriptor.digest));
      } finally {
        await rm(part, { force: true });
      }
    },
    async putManifest(manifest, tag) {
      await writeFile(blobPath(dir, manifest.digest), manifest.bytes, { flush: true });
      const parsed = parseManifest(manifest.bytes, manifest.mediaType);
      // The index lists roots and referrers; children of an index are reached through it.
      if (tag === null && !parsed.manifest.subject) return;
      const index = (await readIndex(dir)) ?? { schemaVersion: 2 as const, mediaType: OCI_INDEX, manifests: [] };
      const entry: Descriptor = {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes.length,
        ...(tag === null ? {} : { annotations: { [REF_NAME]: tag } }),
      };
      const kept = index.manifests.filter((other) =>
        tag === null ? other.digest !== manifest.digest : other.annotations?.[REF_NAME] !== tag,
      );
      await writeIndex(dir, { ...index, manifests: [...kept, entry] });
    },
  };
}

function findTag(index: ImageIndex, tag: string, dir: string): Descriptor {
  const roots = index.manifests;
  const named = roots.find((entry) => entry.annotations?.[REF_NAME] === tag);
  if (named) return named;
  const tags = roots.flatMap((entry) => entry.annotations?.[REF_NAME] ?? []);
  // A layout with one image may be named without its tag.
  if (tag === '' && roots.length === 1 && roots[0]) return roots[0];
  throw new OciError(
    'not-found',
    tag === ''
      ? `${dir} holds several images; name one: ${tags.join(', ')}`
      : `${dir} holds no image ${tag}; it holds ${tags.join(', ') || 'none with a tag'}`,
  );
}

async function readIndex(dir: string): Promise<ImageIndex | null> {
  const path = join(dir, 'index.json');
  if (!(await stat(path).catch(() => null))) return null;
  const bytes = await readBounded(path, MAX_INDEX_BYTES, 'index.json');
  try {
    return ImageIndex.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new OciError('layout-invalid', `${path} is no OCI index`, { cause });
  }
}

async function writeIndex(dir: string, index: ImageIndex): Promise<void> {
  const part = join(dir, `.part-${randomUUID()}`);
  await writeFile(part, JSON.stringify(index), { flush: true });
  await rename(part, join(dir, 'index.json'));
}

function blobPath(dir: string, digest: string): string {
  if (!isDigest(digest)) throw new OciError('layout-invalid', `${digest.slice(0, 100)} is no sha256 digest`);
  return join(dir, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

async function readBounded(path: string, limit: number, what: string): Promise<Buffer> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new OciError('not-found', `${what} is not there (${path})`);
  if (found.size > limit)
    throw new OciError('layout-invalid', `${what} has ${found.size} bytes; at most ${limit} are read`);
  return readFile(path);
}
