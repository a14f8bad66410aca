/** Upload sessions: the rows behind POST, PATCH and PUT of blobs. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from './cache.ts';

export async function insertUpload(tx: Tx, repository: Repository, actor: string): Promise<string> {
  const { rows } = await sql<{ upload_id: string }>`
    insert into upload (account_id, repository_id, actor) values (${repository.accountId}, ${repository.repositoryId}, ${actor}) returning upload_id`.execute(
    tx,
  );
  return rows[0]?.upload_id ?? '';
}

/** True when the session belongs to this repository and this caller; anybody else learns nothing of it. */
export async function uploadExists(tx: Tx, repository: Repository, uploadId: string, actor: string): Promise<boolean> {
  const { rows } = await sql`
    update upload set touched_at = now() where upload_id = ${uploadId} and repository_id = ${repository.repositoryId} and actor = ${actor} returning 1`.execute(
    tx,
  );
  return rows.length > 0;
}

export async function deleteUpload(tx: Tx, uploadId: string): Promise<void> {
  await sql`delete from upload where upload_id = ${uploadId}`.execute(tx);
}

/** The repository now holds the blob, whose bytes are already durable; the session that brought it is over. */
export async function insertBlob(
  tx: Tx,
  repository: Repository,
  digest: string,
  size: number,
  uploadId: string | null = null,
): Promise<void> {
  await sql`
    with ended as (delete from upload where upload_id = ${uploadId}),
         stored as (insert into blob (digest, size) values (${digest}, ${size}) on conflict do nothing)
    insert into repository_blob (repository_id, account_id, digest) values (${repository.repositoryId}, ${repository.accountId}, ${digest})
    on conflict do nothing`.execute(tx);
}
