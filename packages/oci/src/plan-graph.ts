/** Reads the graph of an image before anything is copied: its manifests, those of its children and of what refers to them. */
import { createHash } from 'node:crypto';
import { isDigest } from '@pratique/contract';
import type { ContentSource, RawManifest } from './content.ts';
import { OciError } from './error.ts';
import { type Descriptor, parseManifest } from './manifest.ts';

export type Graph = {
  root: RawManifest;
  /** Children before those that list them; the root last, so that what it needs is there before it. */
  manifests: RawManifest[];
  blobs: Map<string, Descriptor>;
};

const MAX_MANIFESTS = 10_000;
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
const MAX_BLOBS = 200_000;
const MAX_DEPTH = 20;

/**
 * @param source not trusted: what it answers is held to the digests that were asked for
 * @param referrers also what refers to each manifest, to any depth; entries of such lists that have gone are left out
 * @throws OciError `not-found`, `manifest-invalid`, `digest-mismatch`, `size-mismatch`, `copy-failed` when the graph is too large
 */
export async function planGraph(source: ContentSource, reference: string, referrers: boolean): Promise<Graph> {
  const ordered: RawManifest[] = [];
  const blobs = new Map<string, Descriptor>();
  const seen = new Set<string>();
  let bytes = 0;

  async function visit(raw: RawManifest, depth: number): Promise<void> {
    if (seen.has(raw.digest)) return;
    seen.add(raw.digest);
    bytes += raw.bytes.length;
    if (seen.size > MAX_MANIFESTS || bytes > MAX_MANIFEST_BYTES || depth > MAX_DEPTH)
      tooLarge(reference, `${MAX_MANIFESTS} manifests, ${MAX_MANIFEST_BYTES} bytes of them, or ${MAX_DEPTH} levels`);
    const parsed = parseManifest(raw.bytes, raw.mediaType);
    if (parsed.kind === 'index')
      for (const child of parsed.manifest.manifests) await visit(await fetchExactly(source, child), depth + 1);
    // Layers with URLs stay where they are, by their publisher's licence.
    else
      for (const blob of [parsed.manifest.config, ...parsed.manifest.layers])
        if ((blob.urls?.length ?? 0) === 0) blobs.set(blob.digest, blob);
    if (blobs.size > MAX_BLOBS) tooLarge(reference, `${MAX_BLOBS} blobs`);
    if (depth > 0) ordered.push(raw);
    if (!referrers) return;
    for (const entry of await source.referrers(raw.digest)) {
      const referrer = await fetchReferrer(source, entry, raw.digest);
      if (referrer) await visit(referrer, depth + 1);
    }
  }

  const root = await source.manifest(reference);
  checkDigest(root, isDigest(reference) ? reference : root.digest);
  await visit(root, 0);
  ordered.push(root);
  return { root, manifests: ordered, blobs };
}

async function fetchExactly(source: ContentSource, wanted: Descriptor): Promise<RawManifest> {
  const raw = await source.manifest(wanted.digest);
  checkDigest(raw, wanted.digest);
  if (raw.bytes.length !== wanted.size)
    throw new OciError(
      'size-mismatch',
      `the manifest ${wanted.digest} has ${raw.bytes.length} bytes, not ${wanted.size}`,
    );
  return raw;
}

/** Lists of referrers lag behind: an entry that has gone, or that refers to something else, is no reason not to copy. */
async function fetchReferrer(source: ContentSource, entry: Descriptor, subject: string): Promise<RawManifest | null> {
  try {
    const raw = await fetchExactly(source, entry);
    return parseManifest(raw.bytes, raw.mediaType).manifest.subject?.digest === subject ? raw : null;
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return null;
    throw error;
  }
}

/** A source that answers a digest with other bytes is lying or broken. */
function checkDigest(raw: RawManifest, wanted: string): void {
  const actual = `sha256:${createHash('sha256').update(raw.bytes).digest('hex')}`;
  if (actual !== wanted || raw.digest !== wanted)
    throw new OciError('digest-mismatch', `the manifest ${wanted} came with bytes whose digest is ${actual}`);
}

function tooLarge(reference: string, limits: string): never {
  throw new OciError('copy-failed', `the graph of ${reference} has more than ${limits}`);
}
