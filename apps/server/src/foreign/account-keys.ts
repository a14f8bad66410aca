/** Public keys that `account:NAME` means in an account's trust policy. */
import type { AccountKeys } from '@pratique/sign';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

/**
 * Keys, retired ones included, of the account itself and of accounts whose contract to deliver to it is in force. Runs as
 * the system; an account that is neither has no entry, as one that does not exist.
 */
export async function readAccountKeys(tx: Tx, accountId: string, names: readonly string[]): Promise<AccountKeys> {
  if (names.length === 0) return {};
  const { rows } = await sql<{ name: string; public_pem: string }>`
    select a.name, k.public_pem from account a join signing_key k using (account_id)
    where a.name = any (${[...names]}::text[]) and (a.account_id = ${accountId} or exists (
      select from contract c where c.from_account_id = a.account_id and c.to_account_id = ${accountId}
        and c.accepted_at is not null and c.ended_at is null))
    order by k.created_at`.execute(tx);
  const keys: Record<string, string[]> = {};
  for (const { name, public_pem } of rows) (keys[name] ??= []).push(public_pem);
  return keys;
}

/** Accounts among `names` that may be named and have no key yet. Runs as the system. */
export async function readKeylessAccounts(tx: Tx, accountId: string, names: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ account_id: string }>`
    select a.account_id from account a
    where a.name = any (${[...names]}::text[]) and not exists (select from signing_key k where k.account_id = a.account_id)
      and (a.account_id = ${accountId} or exists (
        select from contract c where c.from_account_id = a.account_id and c.to_account_id = ${accountId}
          and c.accepted_at is not null and c.ended_at is null))`.execute(tx);
  return rows.map((row) => row.account_id);
}

/** For judging by a policy that was stored: an account that is no partner any more has no keys, and so trusts nobody. */
export async function readKeysForJudging(tx: Tx, accountId: string, names: readonly string[]): Promise<AccountKeys> {
  return { ...Object.fromEntries(names.map((name) => [name, []])), ...(await readAccountKeys(tx, accountId, names)) };
}
