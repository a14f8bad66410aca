/** The one way to copy images: plan, transfer, verify. A root with all children and referrers, resumable, equality proven. */
import { createHash } from 'node:crypto';
import type { ContentSink, ContentSource, RawManifest } from './content.ts';
import { OciError } from './error.ts';
import { type Descriptor, parseManifest } from './manifest.ts';

export type CopyProgress = {
  phase: 'plan' | 'transfer' | 'verify';
  done: number;
  total: number;
  bytes: number;
  totalBytes: number;
};

export type CopyOptions = {
  /** Tag that the root gets at the destination; null stores it by digest. */
  tag: string | null;
  /** Also everything that refers to what is copied: signatures, attestations, SBOMs. */
  referrers: boolean;
  /** Blobs in flight at a time; 4 by default. */
  parallel?: number;
  onProgress?: (progress: CopyProgress) => void;
};

/** Proof of what was copied: two places that answer with the same graphHash hold the same graph. */
export type CopyProof = {
  root: string;
  manifests: number;
  blobs: number;
  bytes: number;
  copiedBlobs: number;
  graphHash: string;
};

type Graph = { root: RawManifest; manifests: RawManifest[]; blobs: Map<string, Descriptor> };

const MAX_MANIFESTS = 10_000;
const MAX_DEPTH = 20;

/**
 * Copies the graph below `reference`. What is already there is not sent again; the root is stored last, so that a copy
 * that was cut off is never visible under the tag.
 *
 * @throws OciError `not-found`, `manifest-invalid`, `digest-mismatch`, `copy-failed` (the destination lacks something at the end, or the graph is too large)
 */
export async function copyGraph(
  source: ContentSource,
  sink: ContentSink,
  reference: string,
  options: CopyOptions,
): Promise<CopyProof> {
  const graph = await planGraph(source, reference, options.referrers && sink.holdsReferrers !== false);
  const totalBytes = [...graph.blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
  const total = graph.blobs.size + graph.manifests.length;
  let done = 0;
  let bytes = 0;
  let copiedBlobs = 0;
  const report = (phase: CopyProgress['phase']) => options.onProgress?.({ phase, done, total, bytes, totalBytes });
  report('plan');
  const parallel = Math.min(options.parallel ?? 4, sink.parallel ?? Number.POSITIVE_INFINITY);
  await eachOf([...graph.blobs.values()], parallel, async (blob) => {
    if (!(await sink.hasBlob(blob)) && !(await sink.mountBlob?.(blob))) {
      const open = () => source.blob(blob);
      await sink.putBlob(blob, await open(), open);
      copiedBlobs++;
    }
    done++;
    bytes += blob.size;
    report('transfer');
  });
  for (const manifest of graph.manifests) {
    const tag = manifest === graph.root ? options.tag : null;
    if (tag !== null || !(await sink.hasManifest(manifest.digest))) await sink.putManifest(manifest, tag);
    done++;
    report('transfer');
  }
  await verifyGraph(graph, sink);
  report('verify');
  return {
    root: graph.root.digest,
    manifests: graph.manifests.length,
    blobs: graph.blobs.size,
    bytes: totalBytes,
    copiedBlobs,
    graphHash: hashGraph(graph),
  };
}

/** Reads the whole graph before anything is sent; children stand before the manifests that need them. */
async function planGraph(source: ContentSource, reference: string, referrers: boolean): Promise<Graph> {
  const root = await source.manifest(reference);
  const ordered: RawManifest[] = [];
  const blobs = new Map<string, Descriptor>();
  const seen = new Set<string>();

  async function visit(raw: RawManifest, depth: number): Promise<void> {
    if (seen.has(raw.digest)) return;
    seen.add(raw.digest);
    if (seen.size > MAX_MANIFESTS || depth > MAX_DEPTH)
      throw new OciError(
        'copy-failed',
        `the graph of ${reference} has more than ${MAX_MANIFESTS} manifests or ${MAX_DEPTH} levels`,
      );
    checkDigest(raw);
    const parsed = parseManifest(raw.bytes, raw.mediaType);
    if (parsed.kind === 'index')
      for (const child of parsed.manifest.manifests) await visit(await source.manifest(child.digest), depth + 1);
    else
      for (const blob of [parsed.manifest.config, ...parsed.manifest.layers])
        if ((blob.urls?.length ?? 0) === 0) blobs.set(blob.digest, blob);
    const late: Descriptor[] = referrers ? await source.referrers(raw.digest) : [];
    if (raw !== root) ordered.push(raw);
    for (const referrer of late) await visit(await source.manifest(referrer.digest), depth + 1);
  }

  await visit(root, 0);
  ordered.push(root);
  return { root, manifests: ordered, blobs };
}

/** A source that answers a digest with other bytes is lying or broken. */
function checkDigest(raw: RawManifest): void {
  const actual = `sha256:${createHash('sha256').update(raw.bytes).digest('hex')}`;
  if (actual !== raw.digest)
    throw new OciError('digest-mismatch', `the manifest ${raw.digest} came with bytes whose digest is ${actual}`);
}

async function verifyGraph(graph: Graph, sink: ContentSink): Promise<void> {
  for (const manifest of graph.manifests)
    if (!(await sink.hasManifest(manifest.digest)))
      throw new OciError('copy-failed', `the destination does not have the manifest ${manifest.digest} after the copy`);
  await eachOf([...graph.blobs.values()], 8, async (blob) => {
    if (!(await sink.hasBlob(blob)))
      throw new OciError('copy-failed', `the destination does not have the blob ${blob.digest} after the copy`);
  });
}

function hashGraph(graph: Graph): string {
  const lines = [
    ...graph.manifests.map((manifest) => manifest.digest),
    ...[...graph.blobs.values()].map((blob) => `${blob.digest} ${blob.size}`),
  ].sort();
  return `sha256:${createHash('sha256').update(lines.join('\n')).digest('hex')}`;
}

async function eachOf<T>(items: T[], parallel: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async () => {
    for (let item = items[next++]; item !== undefined && !failed; item = items[next++])
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(parallel, items.length) }, lane));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
