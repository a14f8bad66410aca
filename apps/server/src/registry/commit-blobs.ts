/** Records that repositories hold blobs: pushes that end while one transaction commits share the next one. */
import { sql } from 'kysely';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { createGroupCommit } from '../db/group-commit.ts';
import { RegistryError } from './error.ts';

/** A blob whose bytes are durable already, and the repository that will hold it. */
export type HeldBlob = { repositoryId: string; accountId: string; digest: string; size: number };

export type BlobCommits = {
  /**
   * Resolves when the row is committed.
   * @throws RegistryError NAME_UNKNOWN when the repository went meanwhile; whatever the database throws
   */
  add(blob: HeldBlob): Promise<void>;
};

/** Pushes that end while one transaction commits share the next one. */
export function createBlobCommits(db: Db): BlobCommits {
  return createGroupCommit<HeldBlob>(async (blobs) => {
    const accounts = [...new Set(blobs.map((blob) => blob.accountId))];
    const kept = await asTenant(db, accounts, (tx) => insertBlobs(tx, blobs));
    return (blob) => (kept.has(keyOf(blob)) ? null : new RegistryError('NAME_UNKNOWN'));
  });
}

/** A repository as its pusher means it: of that account. */
export const keyOf = (blob: Pick<HeldBlob, 'repositoryId' | 'accountId'>) => `${blob.repositoryId} ${blob.accountId}`;

/**
 * In one statement, in the order of digests, so that two processes never wait for each other.
 * @returns the repositories that are there, by `keyOf`
 */
export async function insertBlobs(tx: Tx, blobs: readonly HeldBlob[]): Promise<Set<string>> {
  const { rows } = await sql<{ repository_id: string; account_id: string }>`
    with wanted as materialized (
           select w.* from unnest(${blobs.map((b) => b.repositoryId)}::uuid[], ${blobs.map((b) => b.accountId)}::uuid[], ${blobs.map((b) => b.digest)}::text[], ${blobs.map((b) => b.size)}::bigint[])
             as w (repository_id, account_id, digest, size) join repository r using (repository_id, account_id)),
         stored as (insert into blob (digest, size) select distinct digest, size from wanted order by digest on conflict do nothing),
         held as (insert into repository_blob (repository_id, account_id, digest) select distinct repository_id, account_id, digest from wanted order by digest on conflict do nothing)
    select distinct repository_id, account_id from wanted`.execute(tx);
  return new Set(rows.map((row) => keyOf({ repositoryId: row.repository_id, accountId: row.account_id })));
}
