/** Contracts between accounts, and deliveries under them. */
import { Contract, ContractAcceptance, Delivery, NewContract, NewDelivery } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import { asSystem, type Db, type Tx } from '../db/connect.ts';
import { requestDelivery } from '../deliver/request-delivery.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { examineAnew } from '../foreign/examine-anew.ts';
import { rulesChanged } from '../renewal/mark-due.ts';
import { actorOf, grantOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';
import { withImage } from './with-image.ts';

const AccountPath = z.object({ account: z.string() });
const ContractPath = AccountPath.extend({ contract: z.uuid() });

export function deliveryRoutes(app: App, deps: { db: Db }): void {
  const { db } = deps;

  app.get(
    '/api/v1/accounts/:account/contracts',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Contract) } } },
    async (request) => asSystem(db, (tx) => readContracts(tx, wholeGrantOf(request).accountId, null)),
  );

  app.post(
    '/api/v1/accounts/:account/contracts',
    { config: { access: 'owner' }, schema: { params: AccountPath, body: NewContract, response: { 201: Contract } } },
    async (request, reply) => {
      const { accountId, account } = wholeGrantOf(request);
      const { to, fromRepositories, toRepositories } = request.body;
      if (to === account) throw new ServerError('invalid', 'a contract is between two accounts');
      const made = await asSystem(db, async (tx) => {
        const { rows } = await sql<{ contract_id: string; to_account_id: string }>`
        insert into contract (from_account_id, to_account_id, from_repositories, to_repositories, offered_by)
        select ${accountId}, account_id, ${fromRepositories}::text[], ${toRepositories}::text[], ${actorOf(request).name} from account where name = ${to}
        on conflict (from_account_id, to_account_id) where ended_at is null do nothing returning contract_id, to_account_id`.execute(
          tx,
        );
        // The same words whether the account is unknown or already has a contract with somebody: names are not probed here.
        if (!rows[0])
          throw new ServerError(
            'conflict',
            `no contract could be offered to ${to}: there is no such account, or a contract with it stands already`,
          );
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'contract.offer',
          subject: to,
          detail: { fromRepositories, toRepositories },
        });
        await appendEvent(tx, {
          accountId: rows[0].to_account_id,
          subject: `contract/${rows[0].contract_id}`,
          type: 'contract.offered',
          data: { contractId: rows[0].contract_id, from: account },
        });
        return (await readContracts(tx, accountId, rows[0].contract_id))[0];
      });
      if (!made) throw new ServerError('internal', 'the contract could not be read back');
      return reply.status(201).send(made);
    },
  );

  app.post(
    '/api/v1/accounts/:account/contracts/:contract/acceptance',
    {
      config: { access: 'owner' },
      schema: { params: ContractPath, body: ContractAcceptance, response: { 200: Contract } },
    },
    async (request) => {
      const { accountId, account } = wholeGrantOf(request);
      const accepted = await asSystem(db, async (tx) => {
        const { rows } = await sql<{ from_account_id: string }>`
        update contract set accepted_by = ${actorOf(request).name}, accepted_at = coalesce(accepted_at, now()), trust_vendor = ${request.body.trustVendor}
        where contract_id = ${request.params.contract} and to_account_id = ${accountId} and ended_at is null returning from_account_id`.execute(
          tx,
        );
        if (!rows[0]) throw new ServerError('not-found', 'no such contract was offered to this account');
        await rulesChanged(tx, accountId);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'contract.accept',
          subject: request.params.contract,
          detail: request.body,
        });
        await appendEvent(tx, {
          accountId: rows[0].from_account_id,
          subject: `contract/${request.params.contract}`,
          type: 'contract.accepted',
          data: { contractId: request.params.contract, by: account },
        });
        return (await readContracts(tx, accountId, request.params.contract))[0];
      });
      if (!accepted) throw new ServerError('internal', 'the contract could not be read back');
      return accepted;
    },
  );

  app.delete(
    '/api/v1/accounts/:account/contracts/:contract',
    { config: { access: 'owner' }, schema: { params: ContractPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { accountId, account } = wholeGrantOf(request);
      await asSystem(db, async (tx) => {
        const { rows } = await sql<{ from_account_id: string; to_account_id: string }>`
          update contract set ended_at = now()
          where contract_id = ${request.params.contract} and ended_at is null and ${accountId} in (from_account_id, to_account_id)
          returning from_account_id, to_account_id`.execute(tx);
        if (!rows[0]) throw new ServerError('not-found', 'there is no such contract in force');
        await rulesChanged(tx, rows[0].to_account_id);
        await examineAnew(tx, rows[0].to_account_id);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'contract.end',
          subject: request.params.contract,
        });
        // Both sides learn of it, always in one order, so that two transactions cannot wait for each other.
        for (const party of [rows[0].from_account_id, rows[0].to_account_id].sort())
          await appendEvent(tx, {
            accountId: party,
            subject: `contract/${request.params.contract}`,
            type: 'contract.ended',
            data: { contractId: request.params.contract, by: account },
          });
      });
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/accounts/:account/deliveries',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Delivery) } } },
    async (request) => asSystem(db, (tx) => readDeliveries(tx, wholeGrantOf(request).accountId, null)),
  );

  app.get(
    '/api/v1/accounts/:account/deliveries/:delivery',
    {
      config: { access: 'reader' },
      schema: { params: AccountPath.extend({ delivery: z.uuid() }), response: { 200: Delivery } },
    },
    async (request) => {
      const [found] = await asSystem(db, (tx) =>
        readDeliveries(tx, wholeGrantOf(request).accountId, request.params.delivery),
      );
      if (!found) throw new ServerError('not-found', 'there is no such delivery');
      return found;
    },
  );

  app.post(
    '/api/v1/accounts/:account/deliveries',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewDelivery, response: { 202: Delivery } },
    },
    async (request, reply) => {
      const grant = grantOf(request);
      const actor = actorOf(request);
      const target = /^([^/:@]+)\/([^:@]+)(?::([^:@/]+))?$/.exec(request.body.to);
      const toTag = target?.[3] ?? (request.body.reference.includes(':') ? undefined : request.body.reference);
      if (!target?.[1] || !target[2])
        throw new ServerError('invalid', `${request.body.to} is not of the form ACCOUNT/NAME[:tag]`);
      if (!toTag) throw new ServerError('invalid', 'an image named by digest is delivered to ACCOUNT/NAME:tag');
      const { repository, digest } = await withImage(db, grant, request.body, async (_tx, repository, image) => ({
        repository,
        digest: image.digest,
      }));
      const delivery = await asSystem(db, async (tx) => {
        const { deliveryId, state } = await requestDelivery(tx, {
          from: repository,
          digest,
          toAccount: target[1] ?? '',
          toRepository: target[2] ?? '',
          toTag,
          requestedBy: actor.name,
        });
        if (state !== 'delivered')
          await sql`select enqueue('delivery.carry-out', ${JSON.stringify({ deliveryId })}::json, ${`delivery:${deliveryId}`})`.execute(
            tx,
          );
        await recordAudit(tx, {
          accountId: grant.accountId,
          actor,
          action: 'delivery.request',
          subject: `${repository.name}@${digest}`,
          detail: { to: request.body.to },
        });
        return (await readDeliveries(tx, grant.accountId, deliveryId))[0];
      });
      if (!delivery) throw new ServerError('internal', 'the delivery could not be read back');
      return reply.status(202).send(delivery);
    },
  );
}

type ContractRow = {
  contract_id: string;
  from: string;
  to: string;
  from_repositories: string[];
  to_repositories: string[];
  trust_vendor: boolean;
  offered_by: string;
  accepted_by: string | null;
  created_at: Date;
  ended_at: Date | null;
};

/** Contracts that the account is a party to. */
async function readContracts(tx: Tx, accountId: string, contractId: string | null): Promise<Contract[]> {
  const { rows } = await sql<ContractRow>`
    select c.contract_id, f.name as from, t.name as to, c.from_repositories, c.to_repositories, c.trust_vendor, c.offered_by, c.accepted_by, c.created_at, c.ended_at
    from contract c join account f on f.account_id = c.from_account_id join account t on t.account_id = c.to_account_id
    where (c.from_account_id = ${accountId} or c.to_account_id = ${accountId}) and (${contractId}::uuid is null or c.contract_id = ${contractId}::uuid)
    order by c.created_at desc`.execute(tx);
  return rows.map((row) => ({
    id: row.contract_id,
    from: row.from,
    to: row.to,
    fromRepositories: row.from_repositories,
    toRepositories: row.to_repositories,
    trustVendor: row.trust_vendor,
    state: row.ended_at ? 'ended' : row.accepted_by ? 'active' : 'offered',
    offeredBy: row.offered_by,
    acceptedBy: row.accepted_by,
    createdAt: row.created_at.toISOString(),
  }));
}

type DeliveryRow = {
  delivery_id: string;
  from: string;
  to: string;
  to_tag: string;
  digest: string;
  state: 'copying' | 'delivered' | 'failed';
  error: string | null;
  requested_by: string;
  created_at: Date;
  delivered_at: Date | null;
};

/** Deliveries that the account sent. */
async function readDeliveries(tx: Tx, accountId: string, deliveryId: string | null): Promise<Delivery[]> {
  const { rows } = await sql<DeliveryRow>`
    select d.delivery_id, f.name || '/' || r.name as from, t.name || '/' || d.to_repository as to, d.to_tag, d.digest, d.state, d.error, d.requested_by, d.created_at, d.delivered_at
    from delivery d join repository r on r.repository_id = d.from_repository_id join account f on f.account_id = d.account_id join account t on t.account_id = d.to_account_id
    where d.account_id = ${accountId} and (${deliveryId}::uuid is null or d.delivery_id = ${deliveryId}::uuid) order by d.created_at desc limit 200`.execute(
    tx,
  );
  return rows.map((row) => ({
    id: row.delivery_id,
    from: row.from,
    to: row.to,
    tag: row.to_tag,
    digest: row.digest,
    state: row.state,
    error: row.error,
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    deliveredAt: row.delivered_at?.toISOString() ?? null,
  }));
}
