/** Writes OCI image layouts that skopeo, podman, crane and umoci read. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ContentSink, RawManifest } from '../content.ts';
import { OciError } from '../error.ts';
import { type Descriptor, type ImageIndex, type ParsedManifest, parseManifest } from '../manifest.ts';
import { OCI_INDEX } from '../media-types.ts';
import { verifyStream } from '../verify-stream.ts';
import { blobPath, fileSize, REF_NAME, readIndex } from './layout-files.ts';

const LOCK_PATIENCE_MS = 30_000;
const LOCK_STALE_MS = 10_000;

/**
 * Opens a layout for writing, making it where it does not exist. Writers of one layout, also in other processes, take
 * turns at its index.
 *
 * @throws OciError `layout-invalid` when the folder is a layout of another version, or cannot be written
 */
export async function createLayout(dir: string): Promise<ContentSink> {
  try {
    await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true });
    if ((await fileSize(join(dir, 'oci-layout'))) === null)
      await replaceFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await locked(dir, async () => {
      if (!(await readIndex(dir))) await writeIndex(dir, EMPTY);
    });
  } catch (cause) {
    if (cause instanceof OciError) throw cause;
    throw new OciError('layout-invalid', `${dir} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return {
    hasManifest: async (digest) => (await fileSize(blobPath(dir, digest))) !== null,
    hasBlob: async (descriptor) => (await fileSize(blobPath(dir, descriptor.digest))) === descriptor.size,
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
      const parsed = parseManifest(manifest.bytes, manifest.mediaType);
      const actual = `sha256:${createHash('sha256').update(manifest.bytes).digest('hex')}`;
      if (actual !== manifest.digest)
        throw new OciError('digest-mismatch', `the manifest ${manifest.digest} has bytes whose digest is ${actual}`);
      await replaceFile(blobPath(dir, manifest.digest), manifest.bytes);
      // The index lists roots and referrers; children of an index are reached through it.
      if (tag === null && !parsed.manifest.subject) return;
      await locked(dir, async () => writeIndex(dir, withEntry((await readIndex(dir)) ?? EMPTY, manifest, parsed, tag)));
    },
  };
}

const EMPTY: ImageIndex = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };

/** A tag names one image: it leaves the one that had it before. */
function withEntry(index: ImageIndex, raw: RawManifest, parsed: ParsedManifest, tag: string | null): ImageIndex {
  if (tag === null && index.manifests.some((other) => other.digest === raw.digest)) return index;
  const entry: Descriptor = {
    mediaType: raw.mediaType,
    digest: raw.digest,
    size: raw.bytes.length,
    ...(parsed.manifest.artifactType === undefined ? {} : { artifactType: parsed.manifest.artifactType }),
    ...(tag === null ? {} : { annotations: { [REF_NAME]: tag } }),
  };
  const kept = index.manifests.filter((other) => tag === null || other.annotations?.[REF_NAME] !== tag);
  return { ...index, manifests: [...kept, entry] };
}

async function writeIndex(dir: string, index: ImageIndex): Promise<void> {
  await replaceFile(join(dir, 'index.json'), JSON.stringify(index));
}

/** Readers see the old file or the new one, never half of one. */
async function replaceFile(path: string, content: string | Buffer): Promise<void> {
  const part = join(dirname(path), `.part-${randomUUID()}`);
  try {
    await writeFile(part, content, { flush: true });
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/** Holds the lock file for a moment; one that a killed writer left behind is taken over. */
async function locked<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dir, '.index.lock');
  for (let waited = 0; ; waited += 20) {
    try {
      await (await open(lock, 'wx')).close();
      break;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
    const age = Date.now() - ((await stat(lock).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > LOCK_STALE_MS) await takeOver(lock);
    else if (waited > LOCK_PATIENCE_MS)
      throw new OciError('layout-invalid', `${dir} is being written by another process`);
    else await new Promise((resolve) => setTimeout(resolve, 20));
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Moved away first: of several that wait, one removes it. */
async function takeOver(lock: string): Promise<void> {
  const away = `${lock}-${randomUUID()}`;
  await rename(lock, away).catch(() => undefined);
  await rm(away, { force: true });
}
