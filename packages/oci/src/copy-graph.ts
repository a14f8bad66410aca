/** The one way to copy images: plan, transfer, verify. A root with all children and referrers, resumable, equality proven. */
import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import type { ContentSink, ContentSource } from './content.ts';
import { OciError } from './error.ts';
import { type Graph, planGraph } from './plan-graph.ts';

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
  const inFlight = new Map<string, number>();
  let done = 0;
  let finishedBytes = 0;
  let copiedBlobs = 0;
  const report = (phase: CopyProgress['phase']) => {
    const bytes = finishedBytes + [...inFlight.values()].reduce((sum, part) => sum + part, 0);
    options.onProgress?.({ phase, done, total, bytes, totalBytes });
  };
  report('plan');
  const parallel = Math.min(options.parallel ?? 4, sink.parallel ?? Number.POSITIVE_INFINITY);
  await eachOf([...graph.blobs.values()], parallel, async (blob) => {
    if (!(await sink.hasBlob(blob)) && !(await sink.mountBlob?.(blob))) {
      const open = async () => {
        inFlight.set(blob.digest, 0); // opened again, it is sent from its beginning
        return metered(await source.blob(blob), (bytes) => {
          inFlight.set(blob.digest, (inFlight.get(blob.digest) ?? 0) + bytes);
          report('transfer');
        });
      };
      await sink.putBlob(blob, await open(), open);
      copiedBlobs++;
    }
    inFlight.delete(blob.digest);
    done++;
    finishedBytes += blob.size;
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

/** Counts bytes as they pass; an error of the source reaches the reader. */
function metered(source: Readable, onBytes: (bytes: number) => void): Readable {
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  source.on('error', (error) => meter.destroy(error));
  meter.on('close', () => source.destroy());
  return source.pipe(meter);
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
