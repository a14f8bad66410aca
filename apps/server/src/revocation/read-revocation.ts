/** A revocation that is in force stands in the way of every later decision. */
import type { Violation } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export type Revocation = { id: string; reason: string; by: string; at: Date };

/** The revocation of the digest in this repository or in the whole account; null when none is in force. */
export async function readRevocation(
  tx: Tx,
  repository: Pick<Repository, 'accountId' | 'repositoryId'>,
  digest: string,
): Promise<Revocation | null> {
  const { rows } = await sql<{ revocation_id: string; reason: string; revoked_by: string; created_at: Date }>`
    select revocation_id, reason, revoked_by, created_at from revocation
    where account_id = ${repository.accountId} and digest = ${digest} and lifted_at is null
      and (repository_id is null or repository_id = ${repository.repositoryId}) order by created_at limit 1`.execute(
    tx,
  );
  const row = rows[0];
  return row ? { id: row.revocation_id, reason: row.reason, by: row.revoked_by, at: row.created_at } : null;
}

/** Whether a revocation of any of the digests is in force. */
export async function isRevoked(
  tx: Tx,
  repository: Pick<Repository, 'accountId' | 'repositoryId'>,
  digests: readonly string[],
): Promise<boolean> {
  const { rows } = await sql`
    select from revocation where account_id = ${repository.accountId} and digest = any (${[...digests]}::text[]) and lifted_at is null
      and (repository_id is null or repository_id = ${repository.repositoryId}) limit 1`.execute(tx);
  return rows.length > 0;
}

export const revokedSentence = ({ by, at, reason }: Pick<Revocation, 'by' | 'at' | 'reason'>): string =>
  `revoked by ${by} at ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC: ${reason}`;

/** What the gate puts among the violations; nothing softens it. */
export function revokedViolation(revocation: Revocation): Violation {
  return {
    constraint: 'revocation',
    template: 'Revocation',
    action: 'deny',
    msg: revokedSentence(revocation),
    details: { revocation: revocation.id, by: revocation.by, at: revocation.at.toISOString() },
  };
}
