/** The reads behind GET and HEAD; each goes through the tables that say what this repository holds. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { CachedManifest } from './cache.ts';

type ManifestRow = { digest: string; media_type: string; bytes: Buffer };
const toManifest = (row: ManifestRow | undefined): CachedManifest | null =>
  row ? { digest: row.digest, mediaType: row.media_type, bytes: row.bytes } : null;

export async function readManifestByTag(tx: Tx, repositoryId: string, tag: string): Promise<CachedManifest | null> {
  const { rows } = await sql<ManifestRow>`
    select m.digest, m.media_type, m.bytes from tag t join manifest m using (digest)
    where t.repository_id = ${repositoryId} and t.name = ${tag}`.execute(tx);
  return toManifest(rows[0]);
}

export async function readManifestByDigest(
  tx: Tx,
  repositoryId: string,
  digest: string,
): Promise<CachedManifest | null> {
  const { rows } = await sql<ManifestRow>`
    select m.digest, m.media_type, m.bytes from repository_manifest r join manifest m using (digest)
    where r.repository_id = ${repositoryId} and r.digest = ${digest}`.execute(tx);
  return toManifest(rows[0]);
}

/** Size in bytes; null when this repository does not hold the blob, whoever else may. */
export async function readBlobSize(tx: Tx, repositoryId: string, digest: string): Promise<number | null> {
  const { rows } = await sql<{ size: number }>`
    select b.size from repository_blob r join blob b using (digest)
    where r.repository_id = ${repositoryId} and r.digest = ${digest}`.execute(tx);
  return rows[0]?.size ?? null;
}

/** Tag names in the byte order that the specification calls lexical, after `last`. */
export async function readTags(tx: Tx, repositoryId: string, last: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from tag where repository_id = ${repositoryId} and name collate "C" > ${last}
    order by name collate "C" limit ${limit}`.execute(tx);
  return rows.map((row) => row.name);
}

export type ReferrerRow = {
  digest: string;
  media_type: string;
  artifact_type: string;
  size: number;
  annotations: Record<string, string> | null;
};

export async function readReferrers(
  tx: Tx,
  repositoryId: string,
  subject: string,
  artifactType: string | null,
): Promise<ReferrerRow[]> {
  const { rows } = await sql<ReferrerRow>`
    select digest, media_type, artifact_type, size, annotations from referrer
    where repository_id = ${repositoryId} and subject_digest = ${subject} and (${artifactType}::text is null or artifact_type = ${artifactType})
    order by digest`.execute(tx);
  return rows;
}
