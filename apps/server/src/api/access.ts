/** Who may call which API route. A route says what it needs; one hook enforces it, and a route that says nothing does not start. */
import type { Role } from '@pratique/contract';
import { roleCovers } from '@pratique/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor } from '../auth/audit.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { type Grant, grantIn, type Principal } from '../auth/principal.ts';
import { ServerError } from '../error.ts';
import { decodeBasic } from '../registry/authorize.ts';

/**
 * `public`: anybody. `signed-in`: any principal. `person`: people, no robots. `admin`: administrators of the instance.
 * A role: at least that role in the account that the path names.
 */
export type Access = 'public' | 'signed-in' | 'person' | 'admin' | Role;

export const SESSION_COOKIE = 'pratique_session';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    principal: Principal | null;
    grant: Grant | null;
  }
}

/** Installs the hook that lets a request through to its handler, or refuses it. */
export function enforceAccess(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('principal', null);
  app.decorateRequest('grant', null);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/') && !route.config?.access)
      throw new Error(`the route ${String(route.method)} ${route.url} does not say who may call it`);
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    if (access === undefined || access === 'public') return;
    const principal = await identify(request, authenticator);
    if (!principal)
      throw new ServerError(
        'unauthenticated',
        'sign in first: the request carries no credentials, or none that are valid',
      );
    request.principal = principal;
    if (access === 'signed-in') return;
    if (access === 'person' || access === 'admin') {
      if (access === 'person' ? !principal.id.startsWith('person:') : !principal.admin)
        throw new ServerError(
          'forbidden',
          access === 'admin' ? 'this needs an administrator of the instance' : 'this is for people, not for robots',
        );
      return;
    }
    const account = (request.params as { account?: string }).account ?? '';
    const grant = grantIn(principal, account);
    // To who is not a member, an account that exists and one that does not are the same.
    if (!grant) throw new ServerError('not-found', `there is no account ${account.slice(0, 80)} that you belong to`);
    if (!roleCovers(grant.role, access))
      throw new ServerError(
        'forbidden',
        `this needs the role ${access} in ${account}; you are ${grant.role}. An owner of ${account} can grant it`,
      );
    request.grant = grant;
  });
}

/** Who the request's credentials stand for now, or null. */
export async function identify(request: FastifyRequest, authenticator: Authenticator): Promise<Principal | null> {
  const header = request.headers.authorization ?? '';
  if (/^bearer /i.test(header)) return authenticator.bearer(header.slice(7).trim());
  if (/^basic /i.test(header)) {
    const [user, password] = decodeBasic(header.slice(6).trim());
    return authenticator.basic(user, password, request.ip);
  }
  const secret = sessionCookie(request);
  if (!secret) return null;
  // The browser sends the cookie by itself; only our own page can add this header (the custom-header defence against CSRF).
  if (request.method !== 'GET' && request.method !== 'HEAD' && request.headers['x-pratique-request'] === undefined)
    throw new ServerError('forbidden', 'a change made with a browser session carries the header x-pratique-request');
  return authenticator.bearer(secret);
}

/** The session's secret from the cookie header, or null. */
export function sessionCookie(request: FastifyRequest): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === SESSION_COOKIE && value) return value;
  }
  return null;
}

/** The principal of a request that passed the hook. */
export function callerOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new ServerError('unauthenticated', 'sign in first');
  return request.principal;
}

/** The grant of a request to an account's route. */
export function grantOf(request: FastifyRequest): Grant {
  if (!request.grant) throw new ServerError('forbidden', 'the route names no account');
  return request.grant;
}

export function actorOf(request: FastifyRequest): Actor {
  const principal = callerOf(request);
  return { id: principal.id, name: principal.name, requestId: request.id, address: request.ip };
}

/**
 * The actor of what only people decide: approvals. A robot that its maker lets approve would make one pair of eyes of two.
 * @throws ServerError `forbidden` for robots
 */
export function personOf(request: FastifyRequest): Actor {
  const actor = actorOf(request);
  if (!actor.id.startsWith('person:')) throw new ServerError('forbidden', 'people approve; a robot cannot');
  return actor;
}

/** The grant of a request for what concerns the account as a whole. @throws ServerError `forbidden` for robots of some repositories only */
export function wholeGrantOf(request: FastifyRequest): Grant {
  const grant = grantOf(request);
  if (!grant.repositories.includes('**'))
    throw new ServerError(
      'forbidden',
      'this concerns the whole account, but the robot is limited to some of its repositories',
    );
  return grant;
}
