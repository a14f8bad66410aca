/** Webhooks: where an account's events go, what arrived, and what was given up. */
import { randomUUID } from 'node:crypto';
import { NewWebhook, Webhook, WebhookAnswer, WebhookChange, WebhookDelivery } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { toCloudEvent } from '../feed/cloud-event.ts';
import type { OutboundGuard } from '../outbound/check-target.ts';
import type { Signer } from '../signer/client.ts';
import { makeSigningKey, WebhookSecret, webhookPurpose } from '../webhooks/message.ts';
import { readWebhookDeliveries, readWebhooks } from '../webhooks/queries.ts';
import { actorOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const HookPath = AccountPath.extend({ webhook: z.string().max(60) });
const Path = '/api/v1/accounts/:account/webhooks';
const MAX_WEBHOOKS = 50;

type Deps = { db: Db; signer: Pick<Signer, 'seal' | 'open'>; guard: OutboundGuard; config: { publicUrl: string } };

export function webhookRoutes(app: App, deps: Deps): void {
  const { db, signer, guard } = deps;

  app.get(
    Path,
    { config: { access: 'maintainer' }, schema: { params: AccountPath, response: { 200: z.array(Webhook) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], (tx) => readWebhooks(tx)),
  );

  app.post(
    Path,
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewWebhook, response: { 201: WebhookAnswer } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const { name, url, types } = request.body;
      const { origin } = (await guard.check(url)).url;
      const [id, key] = [randomUUID(), makeSigningKey()];
      const sealed = await signer.seal(webhookPurpose(id), JSON.stringify({ url, key }));
      const webhook = await asTenant(db, [accountId], async (tx) => {
        await refuseTooMany(tx);
        const { rows } = await sql`
          insert into webhook (webhook_id, account_id, name, origin, sealed, types, cursor_seq, created_by)
          select ${id}, account_id, ${name}, ${origin}, ${JSON.stringify(sealed)}::jsonb, ${types}::text[], outbox_seq, ${actorOf(request).name} from account where account_id = ${accountId}
          on conflict (account_id, name) where removed_at is null do nothing returning 1`.execute(tx);
        if (rows.length === 0) throw new ServerError('conflict', `there is a webhook ${name} already`);
        await note(tx, request, 'create', name, { origin, types });
        return requireWebhook(tx, name);
      });
      return reply.status(201).send({ webhook, key });
    },
  );

  app.patch(
    `${Path}/:webhook`,
    {
      config: { access: 'maintainer' },
      schema: { params: HookPath, body: WebhookChange, response: { 200: WebhookAnswer } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const { url, types, enabled, newKey } = request.body;
      const checked = url === undefined ? null : await guard.check(url);
      const held = await asTenant(db, [accountId], (tx) => readSealed(tx, request.params.webhook));
      const before = WebhookSecret.parse(JSON.parse(await signer.open(webhookPurpose(held.webhook_id), held.sealed)));
      const key = newKey === true ? makeSigningKey() : null;
      const after = { url: url ?? before.url, key: key ?? before.key };
      const sealed = await signer.seal(webhookPurpose(held.webhook_id), JSON.stringify(after));
      const webhook = await asTenant(db, [accountId], async (tx) => {
        await sql`
          update webhook set sealed = ${JSON.stringify(sealed)}::jsonb, origin = coalesce(${checked?.url.origin ?? null}, origin), types = coalesce(${types ?? null}::text[], types),
            enabled = coalesce(${enabled ?? null}::boolean, enabled), disabled_reason = case when ${enabled === true} then null else disabled_reason end
          where webhook_id = ${held.webhook_id}`.execute(tx);
        await note(tx, request, 'change', request.params.webhook, {
          ...(checked ? { origin: checked.url.origin } : {}),
          ...(types ? { types } : {}),
          ...(enabled === undefined ? {} : { enabled }),
          ...(key ? { newKey: true } : {}),
        });
        return requireWebhook(tx, request.params.webhook);
      });
      return { webhook, key };
    },
  );

  app.delete(
    `${Path}/:webhook`,
    { config: { access: 'maintainer' }, schema: { params: HookPath, response: { 204: z.null() } } },
    async (request, reply) => {
      await asTenant(db, [wholeGrantOf(request).accountId], async (tx) => {
        const { webhook_id } = await readSealed(tx, request.params.webhook);
        // What is sealed goes at once; the row stays for the deliveries that name it.
        await sql`update webhook set removed_at = now(), enabled = false, sealed = '{}' where webhook_id = ${webhook_id}`.execute(
          tx,
        );
        await sql`delete from webhook_delivery where webhook_id = ${webhook_id} and state = 'due'`.execute(tx);
        await note(tx, request, 'remove', request.params.webhook, {});
      });
      return reply.status(204).send(null);
    },
  );

  app.post(
    `${Path}/:webhook/test`,
    {
      config: { access: 'maintainer' },
      schema: { params: HookPath, response: { 202: z.object({ delivery: z.number() }) } },
    },
    async (request, reply) => {
      const { accountId, account } = wholeGrantOf(request);
      const row = {
        seq: 0,
        at: new Date(),
        subject: `webhook/${request.params.webhook}`,
        type: 'webhook.test',
        data: { requestedBy: actorOf(request).name },
      };
      const event = { ...toCloudEvent(row, deps.config.publicUrl, account), id: `test-${randomUUID()}` };
      const delivery = await asTenant(db, [accountId], async (tx) => {
        const { webhook_id } = await readSealed(tx, request.params.webhook);
        const { rows } = await sql<{ id: number }>`
          insert into webhook_delivery (account_id, webhook_id, type, event) values (${accountId}, ${webhook_id}, ${row.type}, ${JSON.stringify(event)}::jsonb)
          returning webhook_delivery_id as id`.execute(tx);
        await note(tx, request, 'test', request.params.webhook, {});
        return rows[0]?.id ?? 0;
      });
      return reply.status(202).send({ delivery });
    },
  );

  app.get(
    `${Path}/:webhook/deliveries`,
    {
      config: { access: 'maintainer' },
      schema: {
        params: HookPath,
        querystring: z.object({
          state: z.enum(['due', 'delivered', 'dead']).optional(),
          before: z.coerce.number().int().optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: z.array(WebhookDelivery) },
      },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], async (tx) => {
        await readSealed(tx, request.params.webhook);
        const { state, before, limit } = request.query;
        return readWebhookDeliveries(tx, request.params.webhook, {
          state: state ?? null,
          before: before ?? null,
          limit,
        });
      }),
  );

  app.post(
    `${Path}/:webhook/redelivery`,
    {
      config: { access: 'maintainer' },
      schema: {
        params: HookPath,
        /** One delivery, or every dead letter. */
        body: z.object({ delivery: z.number().int().optional() }),
        response: { 200: z.object({ due: z.number().int() }) },
      },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], async (tx) => {
        const { webhook_id } = await readSealed(tx, request.params.webhook);
        const one = request.body.delivery ?? null;
        const { rows } = await sql`
          update webhook_delivery set state = 'due', attempts = 0, next_at = now(), finished_at = null
          where webhook_id = ${webhook_id} and (webhook_delivery_id = ${one} or ${one}::bigint is null and state = 'dead') and state <> 'due' returning 1`.execute(
          tx,
        );
        if (one !== null && rows.length === 0)
          throw new ServerError('not-found', `there is no delivery ${one} of ${request.params.webhook} that is over`);
        await note(tx, request, 'redeliver', request.params.webhook, { due: rows.length });
        return { due: rows.length };
      }),
  );
}

async function note(
  tx: Tx,
  request: Parameters<typeof wholeGrantOf>[0],
  verb: string,
  name: string,
  detail: Record<string, unknown>,
): Promise<void> {
  const { accountId } = wholeGrantOf(request);
  const actor = actorOf(request);
  await recordAudit(tx, { accountId, actor, action: `webhook.${verb}`, subject: name, detail });
  await appendEvent(tx, {
    accountId,
    subject: `webhook/${name}`,
    type: 'webhook.changed',
    data: { webhook: name, change: verb, by: actor.name, ...detail },
  });
}

async function readSealed(tx: Tx, name: string): Promise<{ webhook_id: string; sealed: unknown }> {
  const { rows } = await sql<{ webhook_id: string; sealed: unknown }>`
    select webhook_id, sealed from webhook where name = ${name} and removed_at is null`.execute(tx);
  if (!rows[0]) throw new ServerError('not-found', `there is no webhook ${name}`);
  return rows[0];
}

async function requireWebhook(tx: Tx, name: string): Promise<Webhook> {
  const [found] = await readWebhooks(tx, name);
  if (!found) throw new ServerError('not-found', `there is no webhook ${name}`);
  return found;
}

async function refuseTooMany(tx: Tx): Promise<void> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from webhook where removed_at is null`.execute(
    tx,
  );
  if ((rows[0]?.n ?? 0) >= MAX_WEBHOOKS)
    throw new ServerError('conflict', `the account has ${MAX_WEBHOOKS} webhooks; remove one first`);
}
