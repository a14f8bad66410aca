/** Writes an event into the outbox, in the transaction whose change it tells of. */
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

export type NewEvent = {
  accountId: string;
  /** What it is about: `repository/NAME@digest`, `run/ID`, ... */
  subject: string;
  /** Dotted, past tense: `tag.pushed`, `verdict.decided`. */
  type: string;
  data: Record<string, unknown>;
};

/**
 * Appends one event. The account's counter is locked until the transaction ends, so that a sequence has no gaps and
 * its order is the order of commits; call it as late in the transaction as possible.
 */
export async function appendEvent(tx: Tx, event: NewEvent): Promise<void> {
  await sql`
    with numbered as (update account set outbox_seq = outbox_seq + 1 where account_id = ${event.accountId} returning outbox_seq)
    insert into outbox (account_id, seq, subject, type, data)
    select ${event.accountId}, outbox_seq, ${event.subject}, ${event.type}, ${JSON.stringify(event.data)}::jsonb from numbered`.execute(
    tx,
  );
}

/** Tells every process that what a person or robot may do has changed; their tokens from before die. */
export async function appendPrincipalChange(tx: Tx, principal: string): Promise<void> {
  await sql`insert into principal_change (principal) values (${principal})`.execute(tx);
}
