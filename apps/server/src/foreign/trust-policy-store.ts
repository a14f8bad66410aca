/** Trust policies of accounts, every version kept. */
import { TrustPolicy } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type StoredTrustPolicy = {
  version: number;
  digest: string;
  createdBy: string;
  createdAt: Date;
  policy: TrustPolicy;
};
type Row = { version: number; digest: string; content: unknown; created_by: string; created_at: Date };

/** The policy in force, or the version asked for; null when there is none. */
export async function readTrustPolicy(
  tx: Tx,
  accountId: string,
  version: number | null = null,
): Promise<StoredTrustPolicy | null> {
  const { rows } = await sql<Row>`
    select version, digest, content, created_by, created_at from trust_policy
    where account_id = ${accountId} and (${version}::int is null or version = ${version}) order by version desc limit 1`.execute(
    tx,
  );
  const row = rows[0];
  return row ? { ...toVersion(row), policy: TrustPolicy.parse(row.content) } : null;
}

/** The newest first. */
export async function listTrustPolicies(tx: Tx, accountId: string): Promise<Omit<StoredTrustPolicy, 'policy'>[]> {
  const { rows } = await sql<Row>`
    select version, digest, created_by, created_at from trust_policy where account_id = ${accountId} order by version desc limit 200`.execute(
    tx,
  );
  return rows.map(toVersion);
}

/** @returns the number of the new version, or null when `after` is not the current one any more */
export async function insertTrustPolicy(
  tx: Tx,
  accountId: string,
  change: { policy: TrustPolicy; digest: string; author: string; after: number },
): Promise<number | null> {
  const { rows } = await sql<{ version: number }>`
    insert into trust_policy (account_id, version, digest, content, created_by)
    select ${accountId}, ${change.after} + 1, ${change.digest}, ${JSON.stringify(change.policy)}::jsonb, ${change.author}
    where ${change.after} = (select coalesce(max(version), 0) from trust_policy where account_id = ${accountId})
    on conflict do nothing returning version`.execute(tx);
  return rows[0]?.version ?? null;
}

const toVersion = (row: Row) => ({
  version: row.version,
  digest: row.digest,
  createdBy: row.created_by,
  createdAt: row.created_at,
});
