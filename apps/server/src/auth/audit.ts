/** One row for each mutation: who, what, on what, from where. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type Actor = { id: string; name: string; requestId: string; address: string | null };

/** The platform itself, acting for a chain or a sweep. */
export const SYSTEM_ACTOR: Actor = { id: 'system', name: 'pratique', requestId: '-', address: null };

export async function recordAudit(
  tx: Tx,
  entry: { accountId: string; actor: Actor; action: string; subject: string; detail?: Record<string, unknown> },
): Promise<void> {
  await sql`
    insert into audit (account_id, actor, action, subject, detail, request_id, address)
    values (${entry.accountId}, ${entry.actor.name}, ${entry.action}, ${entry.subject}, ${JSON.stringify(entry.detail ?? {})}::jsonb,
            ${entry.actor.requestId}, ${entry.actor.address})`.execute(tx);
}
