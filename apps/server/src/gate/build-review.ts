/** What the gate's policies see of one platform of an image. */
import type { ImageReview } from '@pratique/contract';
import { supportOf } from '@pratique/scan';
import { sql } from 'kysely';
import type { BlobStore } from '../blobs/store.ts';
import type { Tx } from '../db/connect.ts';
import { ImageConfig, MAX_CONFIG_BYTES } from '../inventory/image-config.ts';
import { type PlatformManifest, readImageManifest } from '../inventory/platforms.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import type { Repository } from '../registry/cache.ts';
import { readFindings } from '../scan/read-findings.ts';
import { type ActiveException, exceptionFor } from './exceptions.ts';
import { newFindingKey, readNewFindings } from './grace.ts';

const DAY_MS = 86_400_000;

/**
 * The review of one platform manifest. What was not examined is said to be incomplete: absence of data never looks
 * like absence of problems.
 */
export async function buildReview(
  tx: Tx,
  store: BlobStore,
  repository: Repository,
  platform: PlatformManifest,
  exceptions: readonly ActiveException[],
  now: Date,
): Promise<ImageReview> {
  const manifest = await readImageManifest(tx, repository.repositoryId, platform.digest);
  const config = manifest ? await readConfig(store, manifest.config) : null;
  const inventory = await readInventory(tx, platform.digest);
  const scanned = inventory ? await readFindings(tx, inventory.inventoryId) : null;
  const fresh = inventory
    ? await readNewFindings(tx, repository.repositoryId, platform.digest, inventory.inventoryId)
    : new Map<string, Date>();
  const distribution = inventory?.distribution ?? null;
  const missing = [...(inventory?.missing ?? [])];
  if (!inventory) missing.push({ kind: 'unreadable', what: 'inventory', path: '', detail: 'no inventory was taken' });
  if (inventory && !scanned)
    missing.push({
      kind: 'unreadable',
      what: 'findings',
      path: '',
      detail: 'the packages were not matched with advisories',
    });
  if (!config) missing.push({ kind: 'unreadable', what: 'image configuration', path: '', detail: 'it is not valid' });
  return {
    image: {
      account: repository.account,
      repository: repository.name,
      digest: platform.digest,
      tags: await readTagsOf(tx, repository.repositoryId, platform.digest),
      platform: { os: config?.os || platform.os, architecture: config?.architecture || platform.architecture },
      created: config?.created ?? null,
      ageDays: config?.created ? (now.getTime() - Date.parse(config.created)) / DAY_MS : null,
      user: config?.config.User ?? '',
      entrypoint: [...(config?.config.Entrypoint ?? []), ...(config?.config.Cmd ?? [])],
      labels: config?.config.Labels ?? {},
      layers: manifest?.layers.length ?? 0,
    },
    distribution: distribution
      ? { id: distribution.id, version: distribution.version, name: distribution.name, ...supportOf(distribution, now) }
      : null,
    inventory: { packages: inventory?.packages.length ?? 0, complete: missing.length === 0, missing },
    findings: (scanned?.findings ?? []).map((finding) => ({
      id: finding.id,
      aliases: finding.aliases,
      severity: finding.severity,
      status: finding.status,
      fixedVersion: finding.fixedVersion,
      exploited: finding.exploited,
      package: finding.package,
      exception: exceptionFor(exceptions, repository.name, finding),
      newSince: fresh.get(newFindingKey(finding.id, finding.package))?.toISOString() ?? null,
    })),
    uncovered: scanned?.uncovered ?? [],
  };
}

async function readConfig(store: BlobStore, descriptor: { digest: string; size: number }): Promise<ImageConfig | null> {
  if (descriptor.size > MAX_CONFIG_BYTES) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(descriptor.digest)) chunks.push(chunk as Buffer);
  try {
    return ImageConfig.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return null;
  }
}

async function readTagsOf(tx: Tx, repositoryId: string, digest: string): Promise<string[]> {
  const { rows } = await sql<{
    name: string;
  }>`select name from tag where repository_id = ${repositoryId} and digest = ${digest} order by name`.execute(tx);
  return rows.map((row) => row.name);
}
