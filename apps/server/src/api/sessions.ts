/** Signing in and out. */
import { LoginAnswer, LoginRequest, Me } from '@pratique/contract';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Actor, recordAudit } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { insertSession } from '../auth/insert-session.ts';
import type { Principal } from '../auth/principal.ts';
import { hashSecret, makeSecret } from '../auth/secret.ts';
import { asSystem, type Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { appendPrincipalChange } from '../feed/append-event.ts';
import { actorOf, callerOf, SESSION_COOKIE, sessionCookie } from './access.ts';
import type { App } from './app.ts';

const HOURS = { browser: 12, cli: 24 * 30 };

export function sessionRoutes(app: App, deps: { db: Db; authenticator: Authenticator; secure: boolean }): void {
  app.post(
    '/api/v1/login',
    { config: { access: 'public' }, schema: { body: LoginRequest, response: { 200: LoginAnswer } } },
    async (request, reply) => {
      const { user, password, kind } = request.body;
      const principal = await deps.authenticator.basic(user, password, request.ip);
      if (!principal?.id.startsWith('person:'))
        throw new ServerError('unauthenticated', 'the user name or password is wrong');
      const secret = makeSecret('session');
      const actor = { id: principal.id, name: principal.name, requestId: request.id, address: request.ip };
      const personId = principal.id.slice('person:'.length);
      const expiresAt = await insertSession(deps.db, personId, secret, kind, HOURS[kind], actor);
      if (kind === 'browser') reply.header('set-cookie', cookie(secret, HOURS.browser * 3600, deps.secure));
      return { token: kind === 'browser' ? null : secret, expiresAt: expiresAt.toISOString(), me: toMe(principal) };
    },
  );

  app.post(
    '/api/v1/logout',
    { config: { access: 'signed-in' }, schema: { response: { 204: z.null() } } },
    async (request, reply) => {
      const secret = sessionCookie(request) ?? (request.headers.authorization ?? '').replace(/^bearer /i, '');
      await deleteSession(deps.db, secret, actorOf(request));
      // This process forgets at once; the others learn it from the feed.
      deps.authenticator.forget([
        { accountId: null, seq: 0, at: new Date(), subject: callerOf(request).id, type: 'principal.changed', data: {} },
      ]);
      reply.header('set-cookie', cookie('', 0, deps.secure));
      return reply.status(204).send(null);
    },
  );

  app.get('/api/v1/me', { config: { access: 'signed-in' }, schema: { response: { 200: Me } } }, async (request) =>
    toMe(callerOf(request)),
  );
}

function toMe(principal: Principal) {
  return {
    id: principal.id,
    name: principal.name,
    admin: principal.admin,
    accounts: principal.grants.map((grant) => ({ name: grant.account, role: grant.role })),
  };
}

function cookie(value: string, seconds: number, secure: boolean): string {
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`;
}

async function deleteSession(db: Db, secret: string, actor: Actor): Promise<void> {
  await asSystem(db, async (tx) => {
    await sql`delete from session where token_hash = ${hashSecret(secret)}`.execute(tx);
    await appendPrincipalChange(tx, actor.id);
    await recordAudit(tx, { accountId: null, actor, action: 'session.end', subject: actor.name });
  });
}
