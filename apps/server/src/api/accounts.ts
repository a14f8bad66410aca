/** Accounts, their members and their audit log. */

import { join } from 'node:path';
import { AccountSummary, AuditEntry, Member, MemberChange, NewAccount, Role } from '@pratique/contract';
import { readPresets } from '@pratique/policy';
import { sql } from 'kysely';
import { z } from 'zod';
import { ensureAccountDefaults } from '../auth/account-defaults.ts';
import { readAudit, recordAudit } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { matchesAny } from '../auth/pattern.ts';
import type { Grant } from '../auth/principal.ts';
import { asSystem, asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendPrincipalChange } from '../feed/append-event.ts';
import { ROOT } from '../roles/open.ts';
import { actorOf, callerOf, grantOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const AuditPage = z.object({
  before: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const MemberPath = AccountPath.extend({ person: z.string().max(100) });

export function accountRoutes(app: App, deps: { db: Db; authenticator: Authenticator }): void {
  const { db } = deps;

  app.get(
    '/api/v1/accounts',
    { config: { access: 'signed-in' }, schema: { response: { 200: z.array(AccountSummary) } } },
    async (request) => {
      const { grants } = callerOf(request);
      return asTenant(
        db,
        grants.map((grant) => grant.accountId),
        async (tx) => {
          const summaries: AccountSummary[] = [];
          for (const grant of grants) summaries.push(await summarise(tx, grant));
          return summaries;
        },
      );
    },
  );

  app.post(
    '/api/v1/accounts',
    { config: { access: 'admin' }, schema: { body: NewAccount, response: { 201: z.object({ name: z.string() }) } } },
    async (request, reply) => {
      const { name } = request.body;
      const presets = await readPresets(join(ROOT, 'policies'));
      await asSystem(db, async (tx) => {
        const accountId = await insertAccount(tx, name, callerOf(request).id.slice('person:'.length));
        await ensureAccountDefaults(tx, presets);
        await appendPrincipalChange(tx, callerOf(request).id);
        await recordAudit(tx, { accountId, actor: actorOf(request), action: 'account.create', subject: name });
      });
      forget(deps.authenticator, callerOf(request).id);
      return reply.status(201).send({ name });
    },
  );

  app.get(
    '/api/v1/accounts/:account/members',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Member) } } },
    async (request) => asSystem(db, (tx) => readMembers(tx, wholeGrantOf(request).accountId)),
  );

  app.put(
    '/api/v1/accounts/:account/members/:person',
    { config: { access: 'owner' }, schema: { params: MemberPath, body: MemberChange, response: { 200: Member } } },
    async (request) => {
      const { accountId } = grantOf(request);
      const { member, personId } = await asSystem(db, async (tx) => {
        const personId = await personIdOf(tx, request.params.person);
        if (request.body.role !== 'owner') await refuseLastOwner(tx, accountId, personId);
        await sql`
        insert into membership (account_id, person_id, role) values (${accountId}, ${personId}, ${request.body.role})
        on conflict (account_id, person_id) do update set role = excluded.role`.execute(tx);
        await appendPrincipalChange(tx, `person:${personId}`);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'member.set',
          subject: request.params.person,
          detail: { role: request.body.role },
        });
        const member = (await readMembers(tx, accountId)).find((found) => found.name === request.params.person);
        return { member, personId };
      });
      forget(deps.authenticator, `person:${personId}`);
      if (!member) throw new ServerError('internal', 'the member could not be read back');
      return member;
    },
  );

  app.delete(
    '/api/v1/accounts/:account/members/:person',
    { config: { access: 'owner' }, schema: { params: MemberPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { accountId } = grantOf(request);
      const personId = await asSystem(db, async (tx) => {
        const personId = await personIdOf(tx, request.params.person);
        await refuseLastOwner(tx, accountId, personId);
        const { rows } =
          await sql`delete from membership where account_id = ${accountId} and person_id = ${personId} returning 1`.execute(
            tx,
          );
        if (rows.length === 0)
          throw new ServerError('not-found', `${request.params.person} is no member of ${request.params.account}`);
        await appendPrincipalChange(tx, `person:${personId}`);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'member.remove',
          subject: request.params.person,
        });
        return personId;
      });
      forget(deps.authenticator, `person:${personId}`);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/accounts/:account/audit',
    {
      config: { access: 'maintainer' },
      schema: {
        params: AccountPath,
        querystring: AuditPage,
        response: { 200: z.array(AuditEntry) },
      },
    },
    async (request) =>
      asTenant(db, [wholeGrantOf(request).accountId], (tx) =>
        readAudit(tx, { of: 'account', before: request.query.before ?? null, limit: request.query.limit }),
      ),
  );

  app.get(
    '/api/v1/audit',
    { config: { access: 'admin' }, schema: { querystring: AuditPage, response: { 200: z.array(AuditEntry) } } },
    async (request) =>
      asSystem(db, (tx) =>
        readAudit(tx, { of: 'instance', before: request.query.before ?? null, limit: request.query.limit }),
      ),
  );
}

/** This process forgets at once; the others learn it from the feed. */
export function forget(authenticator: Authenticator, principal: string): void {
  authenticator.forget([
    { accountId: null, seq: 0, at: new Date(), subject: principal, type: 'principal.changed', data: {} },
  ]);
}

/** Counts what the grant covers: a robot of some repositories learns nothing of the others. */
async function summarise(tx: Tx, grant: Grant): Promise<AccountSummary> {
  const { rows } = await sql<{ created_at: Date; name: string | null; tags: number }>`
    select a.created_at, r.name, (select count(*) from tag t where t.repository_id = r.repository_id)::int as tags
    from account a left join repository r using (account_id) where a.account_id = ${grant.accountId}`.execute(tx);
  const covered = rows.filter((row) => row.name !== null && matchesAny(grant.repositories, row.name));
  return {
    name: grant.account,
    role: Role.parse(grant.role),
    repositories: covered.length,
    images: covered.reduce((sum, row) => sum + row.tags, 0),
    createdAt: (rows[0]?.created_at ?? new Date(0)).toISOString(),
  };
}

async function insertAccount(tx: Tx, name: string, ownerId: string): Promise<string> {
  const { rows } = await sql<{ account_id: string }>`
    with made as (insert into account (name) values (${name}) on conflict (name) do nothing returning account_id),
         owner as (insert into membership (account_id, person_id, role) select account_id, ${ownerId}, 'owner' from made)
    select account_id from made`.execute(tx);
  if (!rows[0]) throw new ServerError('conflict', `there is an account ${name} already`);
  return rows[0].account_id;
}

async function readMembers(tx: Tx, accountId: string): Promise<Member[]> {
  const { rows } = await sql<{ name: string; role: Role; created_at: Date }>`
    select p.name, m.role, m.created_at from membership m join person p using (person_id) where m.account_id = ${accountId} order by p.name`.execute(
    tx,
  );
  return rows.map((row) => ({ name: row.name, role: row.role, since: row.created_at.toISOString() }));
}

async function personIdOf(tx: Tx, name: string): Promise<string> {
  const { rows } = await sql<{ person_id: string }>`select person_id from person where name = ${name}`.execute(tx);
  if (!rows[0]) throw new ServerError('not-found', `there is no person ${name}`);
  return rows[0].person_id;
}

/** An account without an owner could never be managed again. */
async function refuseLastOwner(tx: Tx, accountId: string, personId: string): Promise<void> {
  const { rows } = await sql<{
    person_id: string;
  }>`select person_id from membership where account_id = ${accountId} and role = 'owner' for update`.execute(tx);
  if (rows.length === 1 && rows[0]?.person_id === personId)
    throw new ServerError('conflict', 'this is the last owner of the account; make another one first');
}
