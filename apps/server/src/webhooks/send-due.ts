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

/** @returns how many were sent or failed */
export async function sendDue(deps: SendDeps): Promise<number> {
  const due = await asSystem(deps.db, claimDue);
  await Promise.all(
    due.map(async (one) => {
      const outcome = await deliver(deps, one).catch((error: unknown) => ({ status: null, error: sentence(error) }));
      await asSystem(deps.db, (tx) => record(tx, one, outcome));
      if (outcome.error !== null)
        deps.log.info(
          { webhook: one.webhook, type: one.type, attempt: one.attempts, error: outcome.error },
          'webhook not delivered',
        );
    }),
  );
  return due.length;
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

async function claimDue(tx: Tx): Promise<Due[]> {
  const { rows } = await sql<Due>`
    with ranked as (
      select webhook_delivery_id, row_number() over (partition by webhook_id order by next_at, webhook_delivery_id) as place from webhook_delivery
      where state = 'due' and next_at <= now() and webhook_id in (select webhook_id from webhook where enabled and removed_at is null)),
    claimed as (
      select d.webhook_delivery_id from webhook_delivery d join ranked using (webhook_delivery_id)
      where place <= ${PARALLEL_TO_ONE} and d.state = 'due' and d.next_at <= now() order by d.next_at limit ${PARALLEL} for update of d skip locked)
    update webhook_delivery d set next_at = now() + make_interval(secs => ${CLAIM_S}), attempts = attempts + 1 from claimed, webhook w
    where d.webhook_delivery_id = claimed.webhook_delivery_id and w.webhook_id = d.webhook_id
    returning d.webhook_delivery_id, d.account_id, d.webhook_id, w.name as webhook, w.sealed, d.seq, d.type, d.event, d.attempts`.execute(
    tx,
  );
  return rows;
}

async function record(tx: Tx, due: Due, outcome: Outcome): Promise<void> {
  if (outcome.error === null) {
    await sql`
      update webhook_delivery set state = 'delivered', finished_at = now(), last_status = ${outcome.status}, last_error = null
      where webhook_delivery_id = ${due.webhook_delivery_id}`.execute(tx);
    return;
  }
  // 410 Gone is the receiver's own word that it wants no more.
  const pause = outcome.status === 410 ? undefined : PAUSES_S[due.attempts - 1];
  await sql`
    update webhook_delivery set last_status = ${outcome.status}, last_error = ${outcome.error},
      state = ${pause === undefined ? 'dead' : 'due'}, finished_at = case when ${pause === undefined} then now() end,
      next_at = now() + make_interval(secs => ${(pause ?? 0) * (0.8 + Math.random() * 0.4)})
    where webhook_delivery_id = ${due.webhook_delivery_id}`.execute(tx);
  if (pause !== undefined) return;
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
