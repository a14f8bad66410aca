/** Deletion of tags, manifests and blobs of one repository. Bytes are freed later, when nobody holds them. */
import { sql } from 'kysely';
import { type Actor, recordAudit } from '../auth/audit.ts';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import { vexDetached } from '../vex/attached-vex.ts';
import type { Repository } from './cache.ts';
import { RegistryError } from './error.ts';

/** @throws RegistryError MANIFEST_UNKNOWN, TAG_IMMUTABLE */
export async function deleteTag(tx: Tx, repository: Repository, tag: string, actor: Actor): Promise<void> {
  const { rows } = await sql<{ digest: string; immutable: boolean }>`
    select digest, immutable from tag where repository_id = ${repository.repositoryId} and name = ${tag} for update`.execute(
    tx,
  );
  const found = rows[0];
  if (!found) throw new RegistryError('MANIFEST_UNKNOWN');
  if (found.immutable || repository.immutableTags)
    throw new RegistryError('TAG_IMMUTABLE', { message: `the tag ${tag} is immutable` });
  await removeTags(tx, repository, [tag], actor);
  await vexDetached(tx, repository, found.digest);
}

/**
 * Deletes a manifest with its tags and its referrer row.
 * @returns the tags that went with it
 * @throws RegistryError MANIFEST_UNKNOWN, MANIFEST_HELD, TAG_IMMUTABLE, DENIED (part of an index that is still there)
 */
export async function deleteManifest(tx: Tx, repository: Repository, digest: string, actor: Actor): Promise<string[]> {
  const { repositoryId, accountId } = repository;
  const { rows } =
    await sql`select from repository_manifest where repository_id = ${repositoryId} and digest = ${digest} for update`.execute(
      tx,
    );
  if (rows.length === 0) throw new RegistryError('MANIFEST_UNKNOWN');
  const holds = await sql<{ holder: string; reason: string }>`
    select holder, reason from hold where account_id = ${accountId} and digest = ${digest} and (until is null or until > now())`.execute(
    tx,
  );
  if (holds.rows[0])
    throw new RegistryError('MANIFEST_HELD', { message: `held by ${holds.rows[0].holder}: ${holds.rows[0].reason}` });
  const parents = await sql<{ parent: string }>`
    select e.parent from manifest_edge e join repository_manifest r on r.digest = e.parent
    where e.child = ${digest} and e.kind = 'manifest' and r.repository_id = ${repositoryId} limit 1`.execute(tx);
  if (parents.rows[0])
    throw new RegistryError('DENIED', {
      message: `the index ${parents.rows[0].parent} lists this manifest; delete it first`,
    });
  const tags = await sql<{ name: string; immutable: boolean }>`
    select name, immutable from tag where repository_id = ${repositoryId} and digest = ${digest} for update`.execute(
    tx,
  );
  const fixed = tags.rows.find((tag) => tag.immutable || repository.immutableTags);
  if (fixed)
    throw new RegistryError('TAG_IMMUTABLE', { message: `the tag ${fixed.name} is immutable and names this manifest` });
  await removeTags(
    tx,
    repository,
    tags.rows.map((tag) => tag.name),
    actor,
  );
  await sql`delete from referrer where repository_id = ${repositoryId} and digest = ${digest}`.execute(tx);
  await sql`delete from repository_manifest where repository_id = ${repositoryId} and digest = ${digest}`.execute(tx);
  await vexDetached(tx, repository, digest);
  await recordAudit(tx, { accountId, actor, action: 'manifest.delete', subject: `${repository.name}@${digest}` });
  await appendEvent(tx, {
    accountId,
    subject: `repository/${repository.name}@${digest}`,
    type: 'manifest.deleted',
    data: { repositoryId, repository: repository.name, digest, actor: actor.name },
  });
  return tags.rows.map((tag) => tag.name);
}

/** @throws RegistryError BLOB_UNKNOWN, DENIED when a manifest of the repository needs the blob */
export async function deleteBlob(tx: Tx, repository: Repository, digest: string, actor: Actor): Promise<void> {
  const { repositoryId, accountId } = repository;
  const { rows } =
    await sql`select from repository_blob where repository_id = ${repositoryId} and digest = ${digest} for update`.execute(
      tx,
    );
  if (rows.length === 0) throw new RegistryError('BLOB_UNKNOWN');
  const users = await sql<{ parent: string }>`
    select e.parent from manifest_edge e join repository_manifest r on r.digest = e.parent
    where e.child = ${digest} and r.repository_id = ${repositoryId} limit 1`.execute(tx);
  if (users.rows[0])
    throw new RegistryError('DENIED', { message: `the manifest ${users.rows[0].parent} needs this blob` });
  await sql`delete from repository_blob where repository_id = ${repositoryId} and digest = ${digest}`.execute(tx);
  await recordAudit(tx, { accountId, actor, action: 'blob.delete', subject: `${repository.name}@${digest}` });
  await appendEvent(tx, {
    accountId,
    subject: `repository/${repository.name}`,
    type: 'blob.deleted',
    data: { repositoryId, repository: repository.name, digest, actor: actor.name },
  });
}

async function removeTags(tx: Tx, repository: Repository, tags: string[], actor: Actor): Promise<void> {
  const { repositoryId, accountId } = repository;
  for (const tag of tags) {
    const { rows } = await sql<{
      digest: string;
    }>`delete from tag where repository_id = ${repositoryId} and name = ${tag} returning digest`.execute(tx);
    await sql`
      insert into tag_event (account_id, repository_id, tag, old_digest, new_digest, actor, origin)
      values (${accountId}, ${repositoryId}, ${tag}, ${rows[0]?.digest ?? null}, null, ${actor.name}, 'push')`.execute(
      tx,
    );
    await recordAudit(tx, { accountId, actor, action: 'tag.delete', subject: `${repository.name}:${tag}` });
    await appendEvent(tx, {
      accountId,
      subject: `repository/${repository.name}:${tag}`,
      type: 'tag.deleted',
      data: { repositoryId, repository: repository.name, tag, actor: actor.name },
    });
  }
}
