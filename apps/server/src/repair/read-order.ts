/** Gathers what a repair child needs of an image that is stored here. */
import { ImageIndex, ImageManifest, isIndexType } from '@pratique/oci';
import { sql } from 'kysely';
import type { BlobStore } from '../blobs/store.ts';
import type { Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { platformsOf } from '../inventory/platforms.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { readManifestByDigest } from '../registry/read-content.ts';
import { readFindings } from '../scan/read-findings.ts';
import type { RepairArchives } from './order.ts';
import type { Asked } from './repairer.ts';

type Stored = { digest: string; mediaType: string; bytes: Buffer };

/** @throws ServerError `not-found` where the repository does not hold the image, or part of it */
export async function readOrder(
  tx: Tx,
  deps: { store: BlobStore; archives: RepairArchives },
  repository: Repository,
  digest: string,
  { onlyFindings, smokeStart }: { onlyFindings: boolean; smokeStart: boolean },
): Promise<Asked> {
  const subject = await require(tx, repository, digest);
  const platforms = platformsOf(digest, subject).map((one) => one.digest);
  const manifests = [subject];
  // Indexes in indexes too: the list grows while it is walked.
  for (const one of manifests)
    for (const child of childrenOf(one))
      if (!manifests.some(({ digest }) => digest === child)) manifests.push(await require(tx, repository, child));
  const blobs: Record<string, string> = {};
  for (const one of manifests) for (const blob of blobsOf(one)) blobs[blob] = deps.store.path(blob);
  return {
    digest,
    manifests: manifests.map(({ digest, mediaType, bytes }) => ({
      digest,
      mediaType,
      base64: bytes.toString('base64'),
    })),
    blobs,
    repairs: await readRepairs(tx, repository, manifests),
    only: onlyFindings ? await readFixable(tx, platforms) : null,
    seen: await readSeen(tx),
    archives: deps.archives,
    smokeStart,
  };
}

async function require(tx: Tx, repository: Repository, digest: string): Promise<Stored> {
  const found = await readManifestByDigest(tx, repository.repositoryId, digest);
  if (!found) throw new ServerError('not-found', `${digest} is not in ${repository.account}/${repository.name}`);
  return found;
}

function childrenOf({ mediaType, bytes }: Stored): string[] {
  if (!isIndexType(mediaType)) return [];
  return ImageIndex.parse(JSON.parse(bytes.toString('utf8'))).manifests.map((child) => child.digest);
}

function blobsOf({ mediaType, bytes }: Stored): string[] {
  if (isIndexType(mediaType)) return [];
  const { config, layers } = ImageManifest.parse(JSON.parse(bytes.toString('utf8')));
  return [config, ...layers].map((blob) => blob.digest);
}

/** Which of them repairs of ours made. */
async function readRepairs(tx: Tx, repository: Repository, manifests: readonly Stored[]): Promise<string[]> {
  const { rows } = await sql<{ digest: string }>`
    select digest from repaired_manifest
    where repository_id = ${repository.repositoryId} and digest = any (${manifests.map((one) => one.digest)}::text[])`.execute(
    tx,
  );
  return rows.map((row) => row.digest);
}

/** Packages of the distribution of which an upgrade clears something. @throws ServerError `unavailable` before the scan */
async function readFixable(tx: Tx, platforms: readonly string[]): Promise<{ name: string }[]> {
  const names = new Set<string>();
  for (const platform of platforms) {
    const inventory = await readInventory(tx, platform);
    const scanned = inventory && (await readFindings(tx, inventory.inventoryId));
    if (!scanned) throw new ServerError('unavailable', `${platform} has not been scanned yet`);
    for (const { package: of, fixedVersion, status } of scanned.findings)
      if (fixedVersion !== null && status !== 'not-affected' && DISTRIBUTION_TYPES.has(of.type)) names.add(of.name);
  }
  return [...names].sort().map((name) => ({ name }));
}

const DISTRIBUTION_TYPES: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm']);

async function readSeen(tx: Tx): Promise<{ uri: string; date: string }[]> {
  const { rows } = await sql<{ uri: string; date: Date }>`select uri, date from archive_release order by uri`.execute(
    tx,
  );
  return rows.map(({ uri, date }) => ({ uri, date: date.toISOString() }));
}
