/** One row for each mutation: who, what, on what, from where. */
import type { AuditEntry } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type Actor = { id: string; name: string; requestId: string; address: string | null };

/** The platform itself, acting for a chain or a sweep. */
export const SYSTEM_ACTOR: Actor = { id: 'system', name: 'pratique', requestId: '-', address: null };

/**
 * @param entry an `accountId` of null is for what concerns the instance and no account; only as the system
 */
export async function recordAudit(
  tx: Tx,
  entry: { accountId: string | null; actor: Actor; action: string; subject: string; detail?: Record<string, unknown> },
): Promise<void> {
  await sql`
    insert into audit (account_id, actor, action, subject, detail, request_id, address)
    values (${entry.accountId}, ${entry.actor.name}, ${entry.action}, ${entry.subject}, ${JSON.stringify(entry.detail ?? {})}::jsonb,
            ${entry.actor.requestId}, ${entry.actor.address})`.execute(tx);
}

/** The newest entries first: of the accounts that the transaction sees, or of the instance itself. */
export async function readAudit(
  tx: Tx,
  filter: { of: 'account' | 'instance'; before: number | null; limit: number },
): Promise<AuditEntry[]> {
  const { rows } = await sql<{
    audit_id: number;
    at: Date;
    actor: string;
    action: string;
    subject: string;
    detail: Record<string, unknown>;
    request_id: string;
    address: string | null;
  }>`
    select audit_id, at, actor, action, subject, detail, request_id, address from audit
    where (account_id is null) = ${filter.of === 'instance'} and (${filter.before}::bigint is null or audit_id < ${filter.before})
    order by audit_id desc limit ${filter.limit}`.execute(tx);
  return rows.map((row) => ({
    id: row.audit_id,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    detail: row.detail,
    requestId: row.request_id,
    address: row.address,
  }));
}
