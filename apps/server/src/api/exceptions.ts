/** Exceptions: asked for by one person, approved by another, with a reason and an end. */
import { Exception, ExceptionRejection, NewBreakGlass, NewException } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { recordAudit } from '../auth/audit.ts';
import { asTenant, type Db, type Tx } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendEvent } from '../feed/append-event.ts';
import { GATE_KINDS } from '../gate/exceptions.ts';
import { rulesChanged } from '../renewal/mark-due.ts';
import { actorOf, personOf, wholeGrantOf } from './access.ts';
import type { App } from './app.ts';

const AccountPath = z.object({ account: z.string() });
const ExceptionPath = AccountPath.extend({ exception: z.string().max(100) });

export function exceptionRoutes(app: App, deps: { db: Db }): void {
  const { db } = deps;

  app.get(
    '/api/v1/accounts/:account/exceptions',
    { config: { access: 'reader' }, schema: { params: AccountPath, response: { 200: z.array(Exception) } } },
    async (request) => asTenant(db, [wholeGrantOf(request).accountId], (tx) => readExceptions(tx)),
  );

  app.post(
    '/api/v1/accounts/:account/exceptions',
    {
      config: { access: 'developer' },
      schema: { params: AccountPath, body: NewException, response: { 201: Exception } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const actor = actorOf(request);
      const { kind, selector, reason, days } = request.body;
      const about = aboutWhat(request.body);
      const name =
        request.body.name ??
        `${
          about
            .toLowerCase()
            .replaceAll(/[^a-z0-9.-]+/g, '-')
            .replace(/^[.-]+/, '')
            .slice(0, 80) || kind
        }-${Date.now().toString(36)}`;
      const made = await asTenant(db, [accountId], async (tx) => {
        const { rows } = await sql`
        insert into exception (account_id, name, kind, selector, owner, reason, expires_at)
        values (${accountId}, ${name}, ${kind}, ${JSON.stringify(selector)}::jsonb, ${actor.name}, ${reason}, now() + make_interval(days => ${days}))
        on conflict (account_id, name) do nothing returning 1`.execute(tx);
        if (rows.length === 0) throw new ServerError('conflict', `there is an exception ${name} already`);
        await recordAudit(tx, {
          accountId,
          actor,
          action: 'exception.request',
          subject: name,
          detail: { kind, selector, reason, days },
        });
        await appendEvent(tx, {
          accountId,
          subject: `exception/${name}`,
          type: 'exception.requested',
          data: { name, kind, selector, owner: actor.name, reason },
        });
        return requireException(tx, name);
      });
      return reply.status(201).send(made);
    },
  );

  app.post(
    '/api/v1/accounts/:account/exceptions/:exception/approval',
    { config: { access: 'maintainer' }, schema: { params: ExceptionPath, response: { 200: Exception } } },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const actor = personOf(request);
      return asTenant(db, [accountId], async (tx) => {
        const found = await requireException(tx, request.params.exception);
        if (found.state !== 'requested') throw new ServerError('conflict', `the exception is ${found.state}`);
        await refuseSelfApproval(tx, accountId, found.owner, actor.name);
        await sql`update exception set approver = ${actor.name}, approved_at = now() where name = ${found.name}`.execute(
          tx,
        );
        await rulesChanged(tx, accountId);
        await recordAudit(tx, { accountId, actor, action: 'exception.approve', subject: found.name });
        await appendEvent(tx, {
          accountId,
          subject: `exception/${found.name}`,
          type: 'exception.approved',
          data: { name: found.name, approver: actor.name },
        });
        return requireException(tx, found.name);
      });
    },
  );

  app.post(
    '/api/v1/accounts/:account/exceptions/:exception/rejection',
    {
      config: { access: 'maintainer' },
      schema: { params: ExceptionPath, body: ExceptionRejection, response: { 200: Exception } },
    },
    async (request) => {
      const { accountId } = wholeGrantOf(request);
      const actor = personOf(request);
      const { reason } = request.body;
      return asTenant(db, [accountId], async (tx) => {
        const found = await requireException(tx, request.params.exception);
        if (found.state !== 'requested') throw new ServerError('conflict', `the exception is ${found.state}`);
        await sql`update exception set rejected_by = ${actor.name}, rejected_at = now(), rejection_reason = ${reason} where name = ${found.name}`.execute(
          tx,
        );
        await recordAudit(tx, {
          accountId,
          actor,
          action: 'exception.reject',
          subject: found.name,
          detail: { reason },
        });
        await appendEvent(tx, {
          accountId,
          subject: `exception/${found.name}`,
          type: 'exception.rejected',
          data: { name: found.name, by: actor.name, owner: found.owner, reason },
        });
        return requireException(tx, found.name);
      });
    },
  );

  app.post(
    '/api/v1/accounts/:account/break-glass',
    {
      config: { access: 'maintainer' },
      schema: { params: AccountPath, body: NewBreakGlass, response: { 201: Exception } },
    },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      const actor = personOf(request);
      const { clusters, namespaces, reason, hours } = request.body;
      const name = request.body.name ?? `emergency-${Date.now().toString(36)}`;
      const selector = { clusters, namespaces };
      const opened = await asTenant(db, [accountId], async (tx) => {
        // In force at once, by one person's word: that is what it is for. It is short, and it is heard.
        const { rows } = await sql`
        insert into exception (account_id, name, kind, selector, owner, reason, approver, approved_at, expires_at)
        values (${accountId}, ${name}, 'break-glass', ${JSON.stringify(selector)}::jsonb, ${actor.name}, ${reason}, ${actor.name}, now(), now() + make_interval(hours => ${hours}))
        on conflict (account_id, name) do nothing returning 1`.execute(tx);
        if (rows.length === 0) throw new ServerError('conflict', `there is an exception ${name} already`);
        const detail = { selector, reason, hours };
        await recordAudit(tx, { accountId, actor, action: 'break-glass.open', subject: name, detail });
        await appendEvent(tx, {
          accountId,
          subject: `exception/${name}`,
          type: 'break-glass.opened',
          data: { name, by: actor.name, ...detail },
        });
        return requireException(tx, name);
      });
      return reply.status(201).send(opened);
    },
  );

  app.delete(
    '/api/v1/accounts/:account/exceptions/:exception',
    { config: { access: 'maintainer' }, schema: { params: ExceptionPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { accountId } = wholeGrantOf(request);
      await asTenant(db, [accountId], async (tx) => {
        const { rows } = await sql<{ gated: boolean }>`
          update exception set withdrawn_at = now() where name = ${request.params.exception} and withdrawn_at is null
          returning kind = any (${[...GATE_KINDS]}::text[]) and approved_at is not null as gated`.execute(tx);
        if (!rows[0]) throw new ServerError('not-found', `there is no exception ${request.params.exception} in force`);
        if (rows[0].gated) await rulesChanged(tx, accountId);
        await recordAudit(tx, {
          accountId,
          actor: actorOf(request),
          action: 'exception.withdraw',
          subject: request.params.exception,
        });
        await appendEvent(tx, {
          accountId,
          subject: `exception/${request.params.exception}`,
          type: 'exception.withdrawn',
          data: { name: request.params.exception },
        });
      });
      return reply.status(204).send(null);
    },
  );
}

/** What names are made from where nobody gave one. */
function aboutWhat({ kind, selector }: NewException): string {
  if (kind === 'finding') return selector.id;
  if (kind === 'policy') return selector.constraint;
  if (kind === 'malware') return selector.rule;
  if (kind === 'baseline') return selector.check;
  return selector.kind ?? `secret-${selector.fingerprint?.slice(0, 12) ?? ''}`;
}

/** Another maintainer approves, wherever the account has another one. */
async function refuseSelfApproval(tx: Tx, accountId: string, owner: string, approver: string): Promise<void> {
  if (owner !== approver && !(await madeRobot(tx, owner, approver))) return;
  const { rows } = await sql<{
    others: number;
  }>`select count(*)::int as others from membership where account_id = ${accountId} and role in ('owner', 'maintainer')`.execute(
    tx,
  );
  if ((rows[0]?.others ?? 0) > 1)
    throw new ServerError('forbidden', 'you asked for this exception; another maintainer must approve it');
}

/** Whether `owner` is a robot (`ACCOUNT+NAME`) of that person: a robot's request is its maker's. */
async function madeRobot(tx: Tx, owner: string, person: string): Promise<boolean> {
  const name = owner.split('+')[1];
  if (name === undefined) return false;
  const { rows } = await sql`select from robot where name = ${name} and created_by = ${person}`.execute(tx);
  return rows.length > 0;
}

async function requireException(tx: Tx, name: string): Promise<Exception> {
  const found = (await readExceptions(tx, name))[0];
  if (!found) throw new ServerError('not-found', `there is no exception ${name}`);
  return found;
}

type Row = {
  name: string;
  kind: string;
  selector: Record<string, unknown>;
  owner: string;
  reason: string;
  approver: string | null;
  created_at: Date;
  approved_at: Date | null;
  expires_at: Date;
  withdrawn_at: Date | null;
  rejected_at: Date | null;
  rejected_by: string | null;
  rejection_reason: string | null;
  expired: boolean;
};

async function readExceptions(tx: Tx, name: string | null = null): Promise<Exception[]> {
  const { rows } = await sql<Row>`
    select name, kind, selector, owner, reason, approver, created_at, approved_at, expires_at, withdrawn_at, rejected_at, rejected_by, rejection_reason, expires_at <= now() as expired from exception
    where ${name}::text is null or name = ${name} order by withdrawn_at is not null, created_at desc`.execute(tx);
  return rows.map((row) => ({
    name: row.name,
    kind: row.kind,
    selector: row.selector,
    owner: row.owner,
    reason: row.reason,
    approver: row.approver,
    state: stateOf(row),
    rejection: row.rejected_at ? { by: row.rejected_by ?? '', reason: row.rejection_reason ?? '' } : null,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }));
}

function stateOf(row: Row): Exception['state'] {
  if (row.withdrawn_at) return 'withdrawn';
  if (row.rejected_at) return 'rejected';
  if (row.expired) return 'expired';
  return row.approved_at ? 'active' : 'requested';
}
