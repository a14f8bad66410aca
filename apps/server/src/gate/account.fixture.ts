/** Accounts, images and verdicts for tests, written straight into the tables. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';
import type { Repository } from '../registry/cache.ts';

export async function makeAccount(tx: Tx, account: string): Promise<Repository & { chainId: string }> {
  const { rows } = await sql<{ account_id: string; repository_id: string; chain_id: string }>`
    with a as (insert into account (name) values (${account}) returning account_id),
         c as (insert into chain (account_id, name, version, definition, created_by) select account_id, 'c', 1, '{}', 't' from a returning chain_id),
         r as (insert into repository (account_id, name) select account_id, 'app' from a returning repository_id)
    select account_id, repository_id, chain_id from a, c, r`.execute(tx);
  const row = rows[0];
  if (!row) throw new Error('no account was made');
  return {
    repositoryId: row.repository_id,
    accountId: row.account_id,
    account,
    name: 'app',
    immutableTags: false,
    chainId: row.chain_id,
  };
}

export type VerdictOptions = { decision?: 'allow' | 'deny'; state?: string; validFor?: string; renewIn?: string };

/** A verdict of a finished run; times are PostgreSQL intervals from now. */
export async function makeVerdict(
  tx: Tx,
  repository: Repository & { chainId: string },
  digest: string,
  options: VerdictOptions = {},
): Promise<void> {
  const { decision = 'allow', state = 'valid', validFor = '15 days', renewIn = '7 days' } = options;
  const runId = randomUUID();
  await sql`
    insert into run (run_id, account_id, repository_id, chain_id, subject_digest, trigger, requested_by, state, finished_at)
    values (${runId}, ${repository.accountId}, ${repository.repositoryId}, ${repository.chainId}, ${digest}, 'push', 't', 'succeeded', now())`.execute(
    tx,
  );
  await sql`
    insert into verdict (account_id, repository_id, digest, decision, state, reasons, inputs, input_hash, run_id, decided_at, valid_until, renew_at)
    values (${repository.accountId}, ${repository.repositoryId}, ${digest}, ${decision}, ${state}, '[]', '{}', 'h', ${runId},
            now() - interval '1 day', now() + ${validFor}::interval, now() + ${renewIn}::interval)`.execute(tx);
}

export async function makeException(
  tx: Tx,
  repository: Repository,
  name: string,
  kind: string,
  endsIn: string,
): Promise<void> {
  const selector = kind === 'finding' ? { id: 'CVE-2026-1', repositories: ['**'] } : {};
  await sql`
    insert into exception (account_id, name, kind, selector, owner, reason, approver, approved_at, created_at, expires_at)
    values (${repository.accountId}, ${name}, ${kind}, ${JSON.stringify(selector)}::jsonb, 'ann', 'a good reason', 'bob', now(), now() - interval '1 day', now() + ${endsIn}::interval)`.execute(
    tx,
  );
}
