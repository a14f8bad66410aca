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

/**
 * Appends several events, in their order, of whatever accounts: one statement for each account, in the order of
 * accounts, so that two transactions cannot wait for each other.
 */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  const byAccount = Map.groupBy(events, (event) => event.accountId);
  for (const accountId of [...byAccount.keys()].sort()) {
    const own = byAccount.get(accountId) ?? [];
    await sql`
      with numbered as (update account set outbox_seq = outbox_seq + ${own.length} where account_id = ${accountId} returning outbox_seq)
      insert into outbox (account_id, seq, subject, type, data)
      select ${accountId}, outbox_seq - ${own.length} + ordinal, subject, type, data from numbered,
        unnest(${own.map((_, i) => i + 1)}::int[], ${own.map((event) => event.subject)}::text[], ${own.map((event) => event.type)}::text[], ${own.map((event) => JSON.stringify(event.data))}::jsonb[])
          as event (ordinal, subject, type, data)
      order by ordinal`.execute(tx);
  }
}

/** Tells every process that what a person or robot may do has changed; their tokens from before die. */
export async function appendPrincipalChange(tx: Tx, principal: string): Promise<void> {
  await sql`insert into principal_change (principal) values (${principal})`.execute(tx);
}
