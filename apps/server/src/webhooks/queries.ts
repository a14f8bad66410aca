/** What people see of webhooks: everything but what is sealed. */
import type { Webhook, WebhookDelivery } from '@pratique/contract';
import { sql } from 'kysely';
import type { Tx } from '../db/connect.ts';

type Row = {
  name: string;
  origin: string;
  types: string[];
  enabled: boolean;
  disabled_reason: string | null;
  created_by: string;
  created_at: Date;
  due: number;
  dead: number;
  last_delivered_at: Date | null;
  last_error: string | null;
};

export async function readWebhooks(tx: Tx, name: string | null = null): Promise<Webhook[]> {
  const { rows } = await sql<Row>`
    select w.name, w.origin, w.types, w.enabled, w.disabled_reason, w.created_by, w.created_at, d.due, d.dead, d.last_delivered_at, f.last_error
    from webhook w
    cross join lateral (
      select count(*) filter (where state = 'due')::int as due, count(*) filter (where state = 'dead')::int as dead, max(finished_at) filter (where state = 'delivered') as last_delivered_at
      from webhook_delivery where webhook_id = w.webhook_id) d
    left join lateral (select last_error from webhook_delivery where webhook_id = w.webhook_id order by webhook_delivery_id desc limit 1) f on true
    where w.removed_at is null and (${name}::text is null or w.name = ${name}) order by w.name`.execute(tx);
  return rows.map((row) => ({
    name: row.name,
    origin: row.origin,
    types: row.types,
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    due: row.due,
    dead: row.dead,
    lastDeliveredAt: row.last_delivered_at?.toISOString() ?? null,
    lastError: row.last_error,
  }));
}

type DeliveryRow = {
  webhook_delivery_id: number;
  seq: number | null;
  type: string;
  state: 'due' | 'delivered' | 'dead';
  attempts: number;
  next_at: Date;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
};

/** Newest first. */
export async function readWebhookDeliveries(
  tx: Tx,
  webhook: string,
  filter: { state: string | null; before: number | null; limit: number },
): Promise<WebhookDelivery[]> {
  const { rows } = await sql<DeliveryRow>`
    select d.webhook_delivery_id, d.seq, d.type, d.state, d.attempts, d.next_at, d.last_status, d.last_error, d.created_at
    from webhook_delivery d join webhook w using (webhook_id)
    where w.name = ${webhook} and w.removed_at is null and (${filter.state}::text is null or d.state = ${filter.state})
      and (${filter.before}::bigint is null or d.webhook_delivery_id < ${filter.before})
    order by d.webhook_delivery_id desc limit ${filter.limit}`.execute(tx);
  return rows.map((row) => ({
    id: row.webhook_delivery_id,
    event: row.seq,
    type: row.type,
    state: row.state,
    attempts: row.attempts,
    nextAt: row.state === 'due' ? row.next_at.toISOString() : null,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
  }));
}
