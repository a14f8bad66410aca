/** Takes signed artifacts of ours back from the referrers; the rows of what was said stay. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Repository } from '../registry/cache.ts';

/** Only the latest statement of a type is a live referrer. */
export async function withdrawEarlier(
  tx: Tx,
  repository: Repository,
  subject: string,
  predicateType: string,
  keep: string,
): Promise<void> {
  const { rows } = await sql<{ manifest_digest: string }>`
    select manifest_digest from attestation where repository_id = ${repository.repositoryId} and subject_digest = ${subject}
      and predicate_type = ${predicateType} and manifest_digest <> ${keep}`.execute(tx);
  for (const row of rows) await withdraw(tx, repository, row.manifest_digest);
}

/** Every artifact that cosign would take for a signature, when an image that was allowed is denied. */
export async function withdrawSignatures(tx: Tx, repository: Repository, subject: string): Promise<number> {
  const { rows } = await sql<{ manifest_digest: string }>`
    select distinct a.manifest_digest from attestation a join referrer r on r.repository_id = a.repository_id and r.digest = a.manifest_digest
    where a.repository_id = ${repository.repositoryId} and a.subject_digest = ${subject} and r.artifact_type like 'application/vnd.dev.sigstore.bundle%'`.execute(
    tx,
  );
  for (const row of rows) await withdraw(tx, repository, row.manifest_digest);
  return rows.length;
}

async function withdraw(tx: Tx, repository: Repository, digest: string): Promise<void> {
  const { repositoryId, accountId } = repository;
  const removed =
    await sql`delete from referrer where repository_id = ${repositoryId} and digest = ${digest} returning 1`.execute(
      tx,
    );
  const tags = await sql<{
    name: string;
  }>`delete from tag where repository_id = ${repositoryId} and digest = ${digest} returning name`.execute(tx);
  for (const { name } of tags.rows)
    await appendEvent(tx, {
      accountId,
      subject: `repository/${repository.name}:${name}`,
      type: 'tag.deleted',
      data: { repositoryId, repository: repository.name, tag: name, actor: 'pratique' },
    });
  await sql`delete from repository_manifest where repository_id = ${repositoryId} and digest = ${digest}`.execute(tx);
  if (removed.rows.length > 0)
    await appendEvent(tx, {
      accountId,
      subject: `repository/${repository.name}@${digest}`,
      type: 'manifest.deleted',
      data: { repositoryId, repository: repository.name, digest, actor: 'pratique' },
    });
}
