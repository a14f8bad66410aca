/** A revocation that is in force stands in the way of every later decision. */
import type { Violation } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export type Revocation = { id: string; reason: string; by: string; at: Date };

type Key = { repositoryId: string; digest: string };
type Row = {
  repository_id: string;
  digest: string;
  revocation_id: string;
  reason: string;
  revoked_by: string;
  created_at: Date;
};

export type Revocations = {
  /** null when none is in force. */
  get(repositoryId: string, digest: string): Revocation | null;
};

/** Revocations that are in force, in these repositories or in the whole account; of several the first. */
export async function readRevocations(tx: Tx, accountId: string, keys: readonly Key[]): Promise<Revocations> {
  const { rows } = await sql<Row>`
    select distinct on (asked.repository_id, asked.digest) asked.repository_id, asked.digest, r.revocation_id, r.reason, r.revoked_by, r.created_at
    from unnest(${keys.map((key) => key.repositoryId)}::uuid[], ${keys.map((key) => key.digest)}::text[]) as asked (repository_id, digest)
    join revocation r on r.account_id = ${accountId} and r.digest = asked.digest and r.lifted_at is null and (r.repository_id is null or r.repository_id = asked.repository_id)
    order by asked.repository_id, asked.digest, r.created_at`.execute(tx);
  const found = new Map(
    rows.map((row) => [
      `${row.repository_id} ${row.digest}`,
      { id: row.revocation_id, reason: row.reason, by: row.revoked_by, at: row.created_at },
    ]),
  );
  return { get: (repositoryId, digest) => found.get(`${repositoryId} ${digest}`) ?? null };
}

/** The revocation of the digest in this repository or in the whole account; null when none is in force. */
export async function readRevocation(
  tx: Tx,
  { accountId, repositoryId }: Pick<Repository, 'accountId' | 'repositoryId'>,
  digest: string,
): Promise<Revocation | null> {
  return (await readRevocations(tx, accountId, [{ repositoryId, digest }])).get(repositoryId, digest);
}

/** Whether a revocation of any of the digests is in force. */
export async function isRevoked(
  tx: Tx,
  { accountId, repositoryId }: Pick<Repository, 'accountId' | 'repositoryId'>,
  digests: readonly string[],
): Promise<boolean> {
  const keys = digests.map((digest) => ({ repositoryId, digest }));
  const revocations = await readRevocations(tx, accountId, keys);
  return digests.some((digest) => revocations.get(repositoryId, digest) !== null);
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
