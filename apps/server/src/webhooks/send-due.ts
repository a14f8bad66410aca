/** Sends what is due; what fails is tried again for about a day, then kept as a dead letter. */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { appendEvent } from '../feed/append-event.ts';
import type { OutboundGuard } from '../outbound/check-target.ts';
import type { Signer } from '../signer/client.ts';
import { signedHeaders, WebhookSecret, webhookPurpose } from './message.ts';

export type SendDeps = { db: Db; signer: Pick<Signer, 'open'>; guard: OutboundGuard; log: Logger };

const PARALLEL = 16;
/** Deliveries to one webhook at a time: a slow receiver takes no more than its share. */
const PARALLEL_TO_ONE = 4;
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES = 64 * 1024;
/** Longer than a delivery can take; a claim older than this belongs to a process that died. */
const CLAIM_S = 25;
/** Seconds between attempts, about a day in all. */
export const PAUSES_S = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800];

type Due = {
  webhook_delivery_id: number;
  account_id: string;
  webhook_id: string;
  webhook: string;
  sealed: unknown;
  seq: number | null;
  type: string;
  event: unknown;
  attempts: number;
};

export type Sender = {
  /** Takes what is due as far as there are free places, and does not wait for it. @returns how many were taken */
  send(): Promise<number>;
  /** Resolves once nothing is on its way. */
  idle(): Promise<void>;
};

/** A receiver that hangs has its own few places and no others: whoever answers does not wait for it. */
export function createSender(deps: SendDeps): Sender {
  const underWay = new Set<Promise<void>>();
  const places = new Map<string, number>();

  async function handle(due: Due): Promise<void> {
    const outcome = await deliver(deps, due).catch((error: unknown) => ({ status: null, error: sentence(error) }));
    // What cannot be recorded is due again when the claim ends.
    await asSystem(deps.db, (tx) => record(tx, due, outcome)).catch((error: unknown) =>
      deps.log.warn({ err: error, webhook: due.webhook }, 'the outcome of a webhook could not be recorded'),
    );
    if (outcome.error !== null)
      deps.log.info(
        { webhook: due.webhook, type: due.type, attempt: due.attempts, error: outcome.error },
        'webhook not delivered',
      );
  }

  return {
    async send() {
      const free = PARALLEL - underWay.size;
      if (free <= 0) return 0;
      const due = await asSystem(deps.db, (tx) => claimDue(tx, free, places));
      for (const one of due) {
        places.set(one.webhook_id, (places.get(one.webhook_id) ?? 0) + 1);
        const work: Promise<void> = handle(one).finally(() => {
          underWay.delete(work);
          const left = (places.get(one.webhook_id) ?? 1) - 1;
          if (left > 0) places.set(one.webhook_id, left);
          else places.delete(one.webhook_id);
        });
        underWay.add(work);
      }
      return due.length;
    },
    async idle() {
      await Promise.all(underWay);
    },
  };
}

type Outcome = { status: number | null /** null: delivered */; error: string | null };

async function deliver(deps: SendDeps, due: Due): Promise<Outcome> {
  const secret = WebhookSecret.parse(JSON.parse(await deps.signer.open(webhookPurpose(due.webhook_id), due.sealed)));
  const body = JSON.stringify(due.event);
  const id = `msg_${due.webhook_id.replaceAll('-', '')}_${due.seq ?? `test${due.webhook_delivery_id}`}`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const ask = deps.guard.fetcher({ signal, maxBytes: ANSWER_BYTES, idleMs: TIMEOUT_MS });
  const answer = await ask(secret.url, {
    method: 'POST',
    headers: signedHeaders(secret.key, id, body, new Date()),
    body,
    redirect: 'manual',
  });
  await answer.body?.cancel().catch(() => {});
  if (answer.ok) return { status: answer.status, error: null };
  if (answer.status >= 300 && answer.status < 400)
    return {
      status: answer.status,
      error: 'it answers with a redirect; webhooks follow none: name the address it leads to',
    };
  return { status: answer.status, error: `it answers ${answer.status}` };
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 300);
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `it did not answer within ${TIMEOUT_MS / 1000} s`;
  return ((error.cause as Error | undefined)?.message ?? error.message).slice(0, 300);
}

/** @param places how many deliveries to each webhook this process has on their way */
async function claimDue(tx: Tx, free: number, places: ReadonlyMap<string, number>): Promise<Due[]> {
  const { rows } = await sql<Due>`
    with busy as (select * from unnest(${[...places.keys()]}::uuid[], ${[...places.values()]}::int[]) as busy (webhook_id, taken)),
    open as (
      select w.webhook_id, ${PARALLEL_TO_ONE} - coalesce(busy.taken, 0) as places from webhook w left join busy using (webhook_id)
      where w.enabled and w.removed_at is null and coalesce(busy.taken, 0) < ${PARALLEL_TO_ONE}),
    claimed as (
      select d.webhook_delivery_id from open join lateral (
        select webhook_delivery_id, next_at from webhook_delivery
        where webhook_delivery.webhook_id = open.webhook_id and state = 'due' and next_at <= now()
        order by next_at, webhook_delivery_id limit open.places for update skip locked) d on true
      order by d.next_at limit ${free})
    update webhook_delivery d set next_at = now() + make_interval(secs => ${CLAIM_S}), attempts = attempts + 1 from claimed, webhook w
    where d.webhook_delivery_id = claimed.webhook_delivery_id and w.webhook_id = d.webhook_id
    returning d.webhook_delivery_id, d.account_id, d.webhook_id, w.name as webhook, w.sealed, d.seq, d.type, d.event, d.attempts`.execute(
    tx,
  );
  return rows;
}

/** A claim that ran out has passed to somebody else: of what it brings, only that the delivery arrived still counts. */
async function record(tx: Tx, due: Due, outcome: Outcome): Promise<void> {
  if (outcome.error === null) {
    await sql`
      update webhook_delivery set state = 'delivered', finished_at = now(), last_status = ${outcome.status}, last_error = null
      where webhook_delivery_id = ${due.webhook_delivery_id} and state = 'due'`.execute(tx);
    return;
  }
  // 410 Gone is the receiver's own word that it wants no more.
  const pause = outcome.status === 410 ? undefined : PAUSES_S[due.attempts - 1];
  const { numAffectedRows } = await sql`
    update webhook_delivery set last_status = ${outcome.status}, last_error = ${outcome.error},
      state = ${pause === undefined ? 'dead' : 'due'}, finished_at = case when ${pause === undefined} then now() end,
      next_at = now() + make_interval(secs => ${(pause ?? 0) * (0.8 + Math.random() * 0.4)})
    where webhook_delivery_id = ${due.webhook_delivery_id} and state = 'due' and attempts = ${due.attempts}`.execute(
    tx,
  );
  if (pause !== undefined || numAffectedRows === 0n) return;
  if (outcome.status === 410)
    await sql`update webhook set enabled = false, disabled_reason = 'the receiver answered 410 Gone' where webhook_id = ${due.webhook_id}`.execute(
      tx,
    );
  await appendEvent(tx, {
    accountId: due.account_id,
    subject: `webhook/${due.webhook}`,
    type: 'webhook.given-up',
    data: { webhook: due.webhook, event: due.seq, type: due.type, attempts: due.attempts, error: outcome.error },
  });
}
