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
 * Appends several events, in their order, of whatever accounts, in one statement. The accounts' counters are locked in
 * the order of their ids, so that two transactions cannot wait for each other.
 */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await sql`
    with event as (
      select * from unnest(${events.map((e) => e.accountId)}::uuid[], ${events.map((e) => e.subject)}::text[], ${events.map((e) => e.type)}::text[],
                           ${events.map((e) => JSON.stringify(e.data))}::jsonb[]) with ordinality as e (account_id, subject, type, data, ordinal)),
    counted as (select account_id, count(*) as events from event group by account_id),
    locked as (select a.account_id, a.outbox_seq, c.events from account a join counted c using (account_id) order by a.account_id for update of a),
    numbered as (update account a set outbox_seq = l.outbox_seq + l.events from locked l where a.account_id = l.account_id returning a.account_id, l.outbox_seq as before)
    insert into outbox (account_id, seq, subject, type, data)
    select e.account_id, n.before + row_number() over (partition by e.account_id order by e.ordinal), e.subject, e.type, e.data
    from event e join numbered n using (account_id) order by e.ordinal`.execute(tx);
}

/** Tells every process that what a person or robot may do has changed; their tokens from before die. */
export async function appendPrincipalChange(tx: Tx, principal: string): Promise<void> {
  await sql`insert into principal_change (principal) values (${principal})`.execute(tx);
}
