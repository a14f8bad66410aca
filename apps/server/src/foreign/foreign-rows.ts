/** What is known of images of other registries, one statement to a function. */
import type { ForeignState, TrustRuleResult } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type ForeignKey = { accountId: string; name: string; reference: string };
export type ForeignRow = {
  digest: string | null;
  state: ForeignState;
  reasons: string[];
  policyVersion: number;
  examinedAt: Date | null;
  validUntil: Date | null;
};
type Raw = {
  digest: string | null;
  state: ForeignState;
  reasons: string[];
  policy_version: number;
  examined_at: Date | null;
  valid_until: Date | null;
};

/** Names that one account may have under examination or known at a time; a cluster could ask for any number. */
const MAX_ROWS = 20_000;
const UNDER_WAY_S = 120;

/**
 * Reads what is known and notes that it was asked for; a name that is new, or due, is put down for examination.
 *
 * @returns `isDue` when the caller must enqueue the examination; null when the account has too many names already
 */
export async function askForeign(
  tx: Tx,
  { accountId, name, reference }: ForeignKey,
  policyVersion: number,
): Promise<{ row: ForeignRow; isDue: boolean } | null> {
  const { rows } = await sql<Raw & { is_due: boolean }>`
    with before as (
      -- judged under another policy, and no examination under way
      select next_at <= now() or (policy_version <> ${policyVersion} and next_at > now() + make_interval(secs => ${UNDER_WAY_S})) as due
      from foreign_image where account_id = ${accountId} and name = ${name} and reference = ${reference} for update)
    insert into foreign_image (account_id, name, reference, next_at)
    select ${accountId}, ${name}, ${reference}, now() + make_interval(secs => ${UNDER_WAY_S})
    where exists (select from before)
       or (select count(*) from (select from foreign_image where account_id = ${accountId} limit ${MAX_ROWS}) few) < ${MAX_ROWS}
    on conflict (account_id, name, reference) do update set asked_at = now(),
      next_at = case when (select due from before) then now() + make_interval(secs => ${UNDER_WAY_S}) else foreign_image.next_at end
    returning digest, state, reasons, policy_version, examined_at, valid_until, coalesce((select due from before), true) as is_due`.execute(
    tx,
  );
  const row = rows[0];
  return row ? { row: toRow(row), isDue: row.is_due } : null;
}

/** Puts the examination into the queue; one at a time for a name. */
export async function enqueueExamination(tx: Tx, { accountId, name, reference }: ForeignKey): Promise<void> {
  await sql`select enqueue('foreign.examine', ${JSON.stringify({ accountId, name, reference })}::json, ${`foreign ${accountId} ${name} ${reference}`}, now(), 5)`.execute(
    tx,
  );
}

export type Finding = {
  digest: string | null;
  state: Exclude<ForeignState, 'examining'>;
  reasons: string[];
  rules: TrustRuleResult[];
  policyVersion: number;
  validForS: number;
  nextInS: number;
};

/**
 * Records an examination. Where the registry was not reached, what was trusted under the same policy stays so until its
 * time is over.
 *
 * @returns whether what admission would answer has changed; null when nobody asked for the name any more
 */
export async function recordFinding(
  tx: Tx,
  { accountId, name, reference }: ForeignKey,
  found: Finding,
): Promise<{ changed: boolean; row: ForeignRow } | null> {
  const keeps = sql`(${found.state} = 'unreachable' and foreign_image.state = 'trusted' and foreign_image.valid_until > now() and foreign_image.policy_version = ${found.policyVersion})`;
  const { rows } = await sql<Raw & { changed: boolean }>`
    with before as (
      select state, digest, reasons, policy_version from foreign_image
      where account_id = ${accountId} and name = ${name} and reference = ${reference} for update)
    update foreign_image set
      state = case when ${keeps} then foreign_image.state else ${found.state} end,
      digest = case when ${keeps} then foreign_image.digest else ${found.digest} end,
      reasons = case when ${keeps} then foreign_image.reasons else ${JSON.stringify(found.reasons)}::jsonb end,
      rules = case when ${keeps} then foreign_image.rules else ${JSON.stringify(found.rules)}::jsonb end,
      valid_until = case when ${keeps} then foreign_image.valid_until when ${found.state} = 'trusted' then now() + make_interval(secs => ${found.validForS}) end,
      policy_version = ${found.policyVersion}, examined_at = now(),
      failures = case when ${found.state} = 'unreachable' then least(foreign_image.failures + 1, 20) else 0 end,
      next_at = now() + make_interval(secs => case when ${found.state} = 'unreachable'
        then least(600, ${found.nextInS} * power(2, least(foreign_image.failures, 8))) else ${found.nextInS} end)
    from before where account_id = ${accountId} and name = ${name} and reference = ${reference}
      -- an examination under an older policy that ends late says nothing any more
      and before.policy_version <= ${found.policyVersion}
    returning foreign_image.digest, foreign_image.state, foreign_image.reasons, foreign_image.policy_version, foreign_image.examined_at, foreign_image.valid_until,
      (before.state, before.digest, before.reasons, before.policy_version) is distinct from
      (foreign_image.state, foreign_image.digest, foreign_image.reasons, foreign_image.policy_version) as changed`.execute(
    tx,
  );
  const row = rows[0];
  return row ? { changed: row.changed, row: toRow(row) } : null;
}

/** A digest that a tag led to is known from then on: the pod that is pinned to it is asked about next. */
export async function noteDigest(tx: Tx, { accountId, name, reference }: ForeignKey): Promise<void> {
  await sql`insert into foreign_image (account_id, name, reference, next_at) values (${accountId}, ${name}, ${reference}, now() + make_interval(secs => ${UNDER_WAY_S}))
    on conflict do nothing`.execute(tx);
}

/** Trusted names in use whose time for another look has come, and examinations that nobody finished. */
export async function takeDue(tx: Tx, limit: number): Promise<ForeignKey[]> {
  const { rows } = await sql<{ account_id: string; name: string; reference: string }>`
    with due as (
      select account_id, name, reference from foreign_image
      where next_at <= now() and state in ('examining', 'trusted') and asked_at > now() - interval '1 day'
      order by next_at limit ${limit} for update skip locked)
    update foreign_image f set next_at = now() + make_interval(secs => ${UNDER_WAY_S}) from due
    where f.account_id = due.account_id and f.name = due.name and f.reference = due.reference
    returning f.account_id, f.name, f.reference`.execute(tx);
  return rows.map(toKey);
}

/** Names in use that an account's new policy has not judged; at most `limit`, the latest first. */
export async function takeForNewPolicy(tx: Tx, accountId: string, limit: number): Promise<ForeignKey[]> {
  const { rows } = await sql<{ account_id: string; name: string; reference: string }>`
    with used as (
      select name, reference from foreign_image where account_id = ${accountId} and asked_at > now() - interval '1 day'
      order by asked_at desc limit ${limit} for update)
    update foreign_image f set next_at = now() + make_interval(secs => ${UNDER_WAY_S}) from used
    where f.account_id = ${accountId} and f.name = used.name and f.reference = used.reference
    returning f.account_id, f.name, f.reference`.execute(tx);
  return rows.map(toKey);
}

/** Trusted names that nobody asked for in a month, others in a day: made-up names do not take the room of real ones for long. */
export async function deleteForgotten(tx: Tx): Promise<number> {
  const { rows } = await sql`delete from foreign_image 
    where asked_at < now() - case state when 'trusted' then interval '30 days' else interval '1 day' end returning 1`.execute(
    tx,
  );
  return rows.length;
}

const toKey = (row: { account_id: string; name: string; reference: string }): ForeignKey => ({
  accountId: row.account_id,
  name: row.name,
  reference: row.reference,
});

const toRow = (row: Raw): ForeignRow => ({
  digest: row.digest,
  state: row.state,
  reasons: row.reasons,
  policyVersion: row.policy_version,
  examinedAt: row.examined_at,
  validUntil: row.valid_until,
});
