/** The agreement between two accounts that a delivery needs. */
import { sql } from 'kysely';
import { matchesAny } from '../auth/pattern.ts';
import type { Tx } from '../db/connect.ts';

export type ActiveContract = {
  contractId: string;
  toAccountId: string;
  fromRepositories: string[];
  toRepositories: string[];
};

/** The contract in force that covers both repositories, or null. */
export async function findContract(
  tx: Tx,
  fromAccountId: string,
  fromRepository: string,
  toAccount: string,
  toRepository: string,
): Promise<ActiveContract | null> {
  const { rows } = await sql<{
    contract_id: string;
    to_account_id: string;
    from_repositories: string[];
    to_repositories: string[];
  }>`
    select c.contract_id, c.to_account_id, c.from_repositories, c.to_repositories from contract c join account a on a.account_id = c.to_account_id
    where c.from_account_id = ${fromAccountId} and a.name = ${toAccount} and c.accepted_at is not null and c.ended_at is null`.execute(
    tx,
  );
  const row = rows[0];
  if (!row || !matchesAny(row.from_repositories, fromRepository) || !matchesAny(row.to_repositories, toRepository))
    return null;
  return {
    contractId: row.contract_id,
    toAccountId: row.to_account_id,
    fromRepositories: row.from_repositories,
    toRepositories: row.to_repositories,
  };
}
