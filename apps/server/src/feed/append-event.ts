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
  await appendEvents(tx, [event]);
}

/**
 * Appends several events, in their order, of whatever accounts, in one statement. The accounts' counters are locked in
 * the order of their ids, so that two transactions cannot wait for each other.
 */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await sql`select append_events(${events.map((e) => e.accountId)}::uuid[], ${events.map((e) => e.subject)}::text[],
    ${events.map((e) => e.type)}::text[], ${events.map((e) => JSON.stringify(e.data))}::jsonb[])`.execute(tx);
}

/** Tells every process that what a person or robot may do has changed; their tokens from before die. */
export async function appendPrincipalChange(tx: Tx, principal: string): Promise<void> {
  await sql`insert into principal_change (principal) values (${principal})`.execute(tx);
}
