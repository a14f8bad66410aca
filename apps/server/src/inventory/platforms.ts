/** The runnable manifests that a subject stands for: itself, or the platforms of an index. */
import { type Descriptor, ImageIndex, ImageManifest, isIndexType } from '@pratique/oci';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type PlatformManifest = { digest: string; os: string; architecture: string; variant: string | null };
export type ManifestRow = { mediaType: string; bytes: Buffer };

const MAX_PLATFORMS = 50;

/** Platform manifests of the repository's subject, in the order of the index. */
export async function readPlatforms(tx: Tx, repositoryId: string, digest: string): Promise<PlatformManifest[]> {
  const row = await readManifestRow(tx, repositoryId, digest);
  return row ? platformsOf(digest, row) : [];
}

/** BuildKit's attestation entries are none. */
export function platformsOf(digest: string, row: ManifestRow): PlatformManifest[] {
  if (!isIndexType(row.mediaType)) return [{ digest, os: '', architecture: '', variant: null }];
  const index = ImageIndex.parse(JSON.parse(row.bytes.toString('utf8')));
  return index.manifests
    .filter((child) => !isIndexType(child.mediaType) && child.platform?.os !== 'unknown')
    .slice(0, MAX_PLATFORMS)
    .map((child) => ({
      digest: child.digest,
      os: child.platform?.os ?? '',
      architecture: child.platform?.architecture ?? '',
      variant: child.platform?.variant ?? null,
    }));
}

/** The config and layers of one image manifest. */
export async function readImageManifest(
  tx: Tx,
  repositoryId: string,
  digest: string,
): Promise<{ config: Descriptor; layers: Descriptor[] } | null> {
  const row = await readManifestRow(tx, repositoryId, digest);
  return row ? imageManifestOf(row) : null;
}

/** null for an index. */
export function imageManifestOf(row: ManifestRow): { config: Descriptor; layers: Descriptor[] } | null {
  if (isIndexType(row.mediaType)) return null;
  const manifest = ImageManifest.parse(JSON.parse(row.bytes.toString('utf8')));
  return { config: manifest.config, layers: manifest.layers };
}

async function readManifestRow(tx: Tx, repositoryId: string, digest: string): Promise<ManifestRow | undefined> {
  const { rows } = await sql<ManifestRow>`
    select m.media_type as "mediaType", m.bytes from repository_manifest r join manifest m using (digest)
    where r.repository_id = ${repositoryId} and r.digest = ${digest}`.execute(tx);
  return rows[0];
}
