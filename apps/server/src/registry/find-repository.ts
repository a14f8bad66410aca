/** Finds or makes the repository that a name stands for. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { Repository } from './cache.ts';

type Row = { repository_id: string; account_id: string; account: string; name: string; immutable_tags: boolean };

const toRepository = (row: Row): Repository => ({
  repositoryId: row.repository_id,
  accountId: row.account_id,
  account: row.account,
  name: row.name,
  immutableTags: row.immutable_tags,
});

export async function findRepository(tx: Tx, account: string, name: string): Promise<Repository | null> {
  const { rows } = await sql<Row>`
    select r.repository_id, r.account_id, a.name as account, r.name, r.immutable_tags
    from repository r join account a using (account_id) where a.name = ${account} and r.name = ${name}`.execute(tx);
  return rows[0] ? toRepository(rows[0]) : null;
}

export async function findRepositoryById(tx: Tx, repositoryId: string): Promise<Repository | null> {
  const { rows } = await sql<Row>`
    select r.repository_id, r.account_id, a.name as account, r.name, r.immutable_tags
    from repository r join account a using (account_id) where r.repository_id = ${repositoryId}`.execute(tx);
  return rows[0] ? toRepository(rows[0]) : null;
}

/** The first push makes the repository. */
export async function ensureRepository(tx: Tx, accountId: string, account: string, name: string): Promise<Repository> {
  const { rows } = await sql<{ repository_id: string }>`
    insert into repository (account_id, name) values (${accountId}, ${name}) on conflict do nothing returning repository_id`.execute(
    tx,
  );
  if (rows[0])
    await appendEvent(tx, {
      accountId,
      subject: `repository/${name}`,
      type: 'repository.created',
      data: { account, repository: name, repositoryId: rows[0].repository_id },
    });
  const found = await findRepository(tx, account, name);
  if (!found) throw new Error('a repository that was just made is not visible');
  return found;
}
