/** Provenance that the builder pushed with the image; unsigned, it becomes the account's word when the account signs it. */
import { ImageManifest } from '@pratique/oci';
import { IN_TOTO, PROVENANCE, Provenance, parseStatement, requireSubject } from '@pratique/sign';
import { sql } from 'kysely';
import type { BlobStore } from '../blobs/store.ts';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

const MAX_STATEMENT_BYTES = 16 * 1024 * 1024;

/**
 * The latest statement of type SLSA Provenance v1 about this very digest; null where there is none that can be read. Of an
 * image that a repair made here only what the repair itself stated: anybody who pushes could attach another.
 */
export async function readPushedProvenance(
  tx: Tx,
  store: BlobStore,
  repository: Repository,
  digest: string,
): Promise<Provenance | null> {
  const { rows } = await sql<{ bytes: Buffer }>`
    with made as (
      select provenance_digest as digest from repair
      where repository_id = ${repository.repositoryId} and repaired_digest = ${digest} and mode = 'repair' and state = 'done')
    select m.bytes from referrer r join manifest m using (digest)
    where r.repository_id = ${repository.repositoryId} and r.subject_digest = ${digest} and r.artifact_type = ${IN_TOTO}
      and (not exists (select from made) or r.digest in (select made.digest from made)) order by m.created_at desc limit 10`.execute(
    tx,
  );
  for (const row of rows) {
    const manifest = ImageManifest.parse(JSON.parse(row.bytes.toString('utf8')));
    for (const layer of manifest.layers) {
      if (layer.mediaType !== IN_TOTO || layer.size > MAX_STATEMENT_BYTES) continue;
      const provenance = await readStatement(store, layer.digest, digest);
      if (provenance) return provenance;
    }
  }
  return null;
}

async function readStatement(store: BlobStore, blob: string, digest: string): Promise<Provenance | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(blob)) chunks.push(chunk as Buffer);
  try {
    const statement = parseStatement(Buffer.concat(chunks));
    requireSubject(statement, digest);
    return statement.predicateType === PROVENANCE ? Provenance.parse(statement.predicate) : null;
  } catch {
    return null; // somebody's text that is no provenance of this image is not attested
  }
}
