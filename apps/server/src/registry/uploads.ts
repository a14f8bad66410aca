/** Records that a repository holds one blob, in a transaction that does more than that. */
import type { Tx } from '../db/connect.ts';
import type { Repository } from './cache.ts';
import { insertBlobs, keyOf } from './commit-blobs.ts';
import { RegistryError } from './error.ts';

/** @throws RegistryError NAME_UNKNOWN when the repository went meanwhile */
export async function insertBlob(tx: Tx, repository: Repository, digest: string, size: number): Promise<void> {
  const { repositoryId, accountId } = repository;
  const kept = await insertBlobs(tx, [{ repositoryId, accountId, digest, size }]);
  if (!kept.has(keyOf(repository))) throw new RegistryError('NAME_UNKNOWN');
}
