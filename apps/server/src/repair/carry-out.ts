/** Carries out a repair up to the moment in which it becomes true: the child's work, checked, and its bytes made durable. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { PlatformRepair, RepairMode, RepairScope, RepairTagging } from '@pratique/contract';
import { ImageIndex, ImageManifest, isIndexType } from '@pratique/oci';
import type { BlobStore } from '../blobs/store.ts';
import { asSystem, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import type { Repository } from '../registry/cache.ts';
import { readManifestByDigest } from '../registry/read-content.ts';
import { makeDocuments } from './documents.ts';
import type { RepairArchives, Repaired, StoredManifest } from './order.ts';
import { readOrder } from './read-order.ts';
import type { Asked, Repairer } from './repairer.ts';

export type RepairDeps = {
  db: Db;
  store: BlobStore;
  repair: Repairer;
  archives: RepairArchives;
  publicUrl: string;
};

export type RepairRequest = {
  repository: Repository;
  digest: string;
  /** Under which it was asked for; null: by digest. */
  tag: string | null;
  mode: RepairMode;
  scope: RepairScope;
  tagging: RepairTagging;
  /** Whether both images are started before the repair counts. */
  smokeStart: boolean;
  requestedBy: string;
};

/** What a repair made; `stored` are the sizes of blobs that are durable and belong to nobody yet. */
export type CarriedOut = {
  original: string;
  platforms: PlatformRepair[];
  /** Null where there was nothing to do. */
  repaired: {
    digest: string;
    manifests: StoredManifest[];
    stored: Map<string, number>;
    /** Of the manifest that says how it came to be; null of a preview. */
    provenance: string | null;
  } | null;
};

/** @throws ServerError `not-found`, `scan-failed`; both may say that trying again gives the same */
export async function carryOutRepair(deps: RepairDeps, request: RepairRequest): Promise<CarriedOut> {
  const { repository, digest, mode, scope } = request;
  const started = new Date();
  const asked = await asSystem(deps.db, (tx) =>
    readOrder(tx, deps, repository, digest, {
      onlyFindings: scope === 'findings',
      smokeStart: request.smokeStart && mode === 'repair',
    }),
  );
  return deps.repair(asked, async (answer, outDir) => {
    const { platforms } = answer;
    const original = originalOf(asked, answer);
    if (answer.digest === null) return { original, platforms, repaired: null };
    requireSameImage(asked, answer);
    const nothing = { digest: answer.digest, manifests: [], stored: new Map<string, number>(), provenance: null };
    if (mode === 'preview') return { original, platforms, repaired: nothing };
    const documents = makeDocuments({
      name: `${deps.publicUrl.replace(/^https?:\/\//, '')}/${repository.account}/${repository.name}`,
      publicUrl: deps.publicUrl,
      original: await subjectOf(deps.db, repository, original, asked),
      subject: describe(asked.manifests, digest),
      repaired: describe(answer.manifests, answer.digest),
      platforms,
      scope,
      started,
      finished: new Date(),
    });
    const stored = await storeBlobs(deps.store, answer, outDir);
    for (const blob of documents.blobs) {
      await deps.store.put(blob.bytes);
      stored.set(blob.digest, blob.bytes.length);
    }
    return {
      original,
      platforms,
      repaired: {
        digest: answer.digest,
        manifests: [...answer.manifests, ...documents.manifests],
        stored,
        provenance: documents.provenance,
      },
    };
  });
}

/** Of an index that was repaired before, what its images come from says nothing of the index. */
function originalOf(asked: Asked, answer: Repaired): string {
  const subject = asked.manifests.find((one) => one.digest === asked.digest);
  if (subject && isIndexType(subject.mediaType)) return asked.digest;
  return answer.platforms[0]?.result?.original ?? asked.digest;
}

/** The child read hostile bytes: it may have added one layer to each image, and nothing else. */
function requireSameImage(asked: Asked, answer: Repaired): void {
  const before = new Map(asked.manifests.map((one) => [one.digest, one]));
  const after = new Map(answer.manifests.map((one) => [one.digest, one]));
  const children = [...childrenOf(before.get(asked.digest)), ...answer.platforms.map(({ result }) => result?.to)];
  if (childrenOf(after.get(answer.digest ?? '')).some((child) => !children.includes(child)))
    throw new ServerError('scan-failed', `the repair of ${asked.digest} names images that it did not have`, {
      details: { permanent: true },
    });
  for (const { digest, result } of answer.platforms) {
    if (!result?.to) continue;
    const [was, is] = [layersOf(before.get(digest)), layersOf(after.get(result.to))];
    const kept = is.slice(0, -1).join();
    const isEarlier = asked.repairs.includes(digest) && kept === was.slice(0, -1).join();
    if (is.length === 0 || (kept !== was.join() && !isEarlier))
      throw new ServerError('scan-failed', `the repair of ${digest} does not have the layers of its original`, {
        details: { permanent: true },
      });
  }
}

function childrenOf(manifest: StoredManifest | undefined): string[] {
  if (!manifest || !isIndexType(manifest.mediaType)) return [];
  const index = ImageIndex.parse(JSON.parse(Buffer.from(manifest.base64, 'base64').toString('utf8')));
  return index.manifests.map((child) => child.digest);
}

function layersOf(manifest: StoredManifest | undefined): string[] {
  if (!manifest) return [];
  const parsed = ImageManifest.parse(JSON.parse(Buffer.from(manifest.base64, 'base64').toString('utf8')));
  return parsed.layers.map((layer) => layer.digest);
}

/** @returns sizes by digest */
async function storeBlobs(store: BlobStore, answer: Repaired, outDir: string): Promise<Map<string, number>> {
  const stored = new Map<string, number>();
  for (const { digest, size } of answer.blobs) {
    const content = createReadStream(join(outDir, digest.slice('sha256:'.length)), { highWaterMark: 1 << 20 });
    if ((await store.receive(content, digest, size)) !== size)
      throw new ServerError('scan-failed', `the repair's blob ${digest} is not what it is said to be`, {
        details: { permanent: true },
      });
    stored.set(digest, size);
  }
  return stored;
}

type Subject = { digest: string; mediaType: string; size: number };

function describe(manifests: readonly StoredManifest[], digest: string): Subject {
  const found = manifests.find((one) => one.digest === digest);
  if (!found) throw new ServerError('scan-failed', `the repair does not say what ${digest} is`);
  return { digest, mediaType: found.mediaType, size: Buffer.byteLength(found.base64, 'base64') };
}

/** The original may have been deleted since; then its repair's own subject stands for it. */
async function subjectOf(db: Db, repository: Repository, digest: string, asked: Asked): Promise<Subject> {
  const stored = await asSystem(db, (tx) => readManifestByDigest(tx, repository.repositoryId, digest));
  return stored
    ? { digest, mediaType: stored.mediaType, size: stored.bytes.length }
    : describe(asked.manifests, asked.digest);
}
