/** Turns events into deliveries: each event once for each webhook that wants it, in one transaction with the cursor. */
import { sql } from 'kysely';
import { matchesAny } from '../auth/pattern.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { type EventRow, toCloudEvent } from '../feed/cloud-event.ts';

const BATCH = 500;

/** @returns how many events were looked at; fewer than there are when others are at it */
export async function fanOut(db: Db, publicUrl: string): Promise<number> {
  return asSystem(db, async (tx) => {
    let seen = 0;
    for (const hook of await lockBehind(tx)) {
      const events = await readEvents(tx, hook.account_id, hook.cursor_seq);
      const last = events.at(-1);
      if (!last) continue;
      seen += events.length;
      const wanted = events.filter((event) => isWanted(hook.types, event.type));
      if (wanted.length > 0 && hook.enabled)
        await insertDeliveries(
          tx,
          hook,
          wanted.map((event) => ({ ...event, cloud: toCloudEvent(event, publicUrl, hook.account) })),
        );
      await sql`update webhook set cursor_seq = ${last.seq} where webhook_id = ${hook.webhook_id}`.execute(tx);
    }
    return seen;
  });
}

/** Patterns over dotted types, as over paths; what webhooks themselves do is told by no webhook, or one would feed itself. */
export function isWanted(patterns: readonly string[], type: string): boolean {
  return !type.startsWith('webhook.') && matchesAny(patterns.map(slashed), slashed(type));
}

const slashed = (dotted: string) => dotted.replaceAll('.', '/');

type Hook = {
  webhook_id: string;
  account_id: string;
  account: string;
  types: string[];
  cursor_seq: number;
  enabled: boolean;
};

async function lockBehind(tx: Tx): Promise<Hook[]> {
  const { rows } = await sql<Hook>`
    select w.webhook_id, w.account_id, a.name as account, w.types, w.cursor_seq, w.enabled from webhook w join account a using (account_id)
    where w.removed_at is null and w.cursor_seq < a.outbox_seq order by w.webhook_id limit 50 for update of w skip locked`.execute(
    tx,
  );
  return rows;
}

async function readEvents(tx: Tx, accountId: string, after: number): Promise<EventRow[]> {
  const { rows } = await sql<EventRow>`
    select seq, at, subject, type, data from outbox where account_id = ${accountId} and seq > ${after} order by seq limit ${BATCH}`.execute(
    tx,
  );
  return rows;
}

async function insertDeliveries(tx: Tx, hook: Hook, events: (EventRow & { cloud: unknown })[]): Promise<void> {
  await sql`
    insert into webhook_delivery (account_id, webhook_id, seq, type, event)
    select ${hook.account_id}, ${hook.webhook_id}, seq, type, event
    from unnest(${events.map((event) => event.seq)}::bigint[], ${events.map((event) => event.type)}::text[], ${events.map((event) => JSON.stringify(event.cloud))}::jsonb[]) as e (seq, type, event)
    on conflict do nothing`.execute(tx);
}
