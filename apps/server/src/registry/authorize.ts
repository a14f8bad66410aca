/** Decides who may use a registry route: the one place, and it fails closed. */
import type { IncomingMessage } from 'node:http';
import type { Role } from '@pratique/contract';
import type { Authenticator } from '../auth/authenticator.ts';
import { type Grant, grantIn, mayUse, type Principal } from '../auth/principal.ts';
import type { Access, RegistryTokens } from '../auth/registry-token.ts';
import { secretKind } from '../auth/secret.ts';
import { RegistryError } from './error.ts';

export type Action = 'pull' | 'push' | 'delete';
export type Caller = { principal: Principal /** null: not narrowed */; access: Access[] | null };

const NEEDED: Record<Action, Role> = { pull: 'reader', push: 'developer', delete: 'maintainer' };

export type Authorization = {
  /** @throws RegistryError UNAUTHORIZED with the challenge that starts the token flow */
  caller(request: IncomingMessage, scope: () => string): Promise<Caller> | Caller;
  challenge(scope: string | null): string;
};

export function createAuthorization(
  authenticator: Authenticator,
  tokens: RegistryTokens,
  realm: string,
): Authorization {
  const challenge = (scope: string | null) =>
    `Bearer realm="${realm}",service="pratique"${scope ? `,scope="${scope}"` : ''}`;

  async function slow(request: IncomingMessage, header: string, refuse: () => never): Promise<Caller> {
    const space = header.indexOf(' ');
    const scheme = header.slice(0, space).toLowerCase();
    const value = header.slice(space + 1).trim();
    if (scheme === 'basic') {
      const [user, password] = decodeBasic(value);
      const principal = await authenticator.basic(user, password, request.socket.remoteAddress ?? '');
      return principal ? { principal, access: null } : refuse();
    }
    if (scheme !== 'bearer') return refuse();
    if (secretKind(value)) {
      const principal = await authenticator.bearer(value);
      return principal ? { principal, access: null } : refuse();
    }
    const claims = await tokens.verify(value);
    if (!claims) return refuse();
    const principal = await authenticator.byId(claims.principal);
    return principal ? { principal, access: claims.access } : refuse();
  }

  return {
    challenge,
    caller(request, scope) {
      const header = request.headers.authorization;
      const refuse = (): never => {
        throw new RegistryError('UNAUTHORIZED', { headers: { 'www-authenticate': challenge(scope() || null) } });
      };
      if (!header || header.length > 8192) return refuse();
      // The hot path: a token that was verified before, of a principal in memory, costs no promise.
      if (header.startsWith('Bearer ')) {
        const claims = tokens.verify(header.slice(7));
        if (claims && !(claims instanceof Promise)) {
          const principal = authenticator.byId(claims.principal);
          if (principal && !(principal instanceof Promise)) return { principal, access: claims.access };
        }
      }
      return slow(request, header, refuse);
    },
  };
}

/**
 * The grant under which the caller may do this, or a refusal. Without any right to the repository the refusal is the
 * same whether it exists or not.
 * @throws RegistryError UNAUTHORIZED when the token was not issued for this, DENIED when the caller may not
 */
export function authorize(
  caller: Caller,
  account: string,
  repository: string,
  action: Action,
  challenge: () => string,
): Grant {
  const grant = grantIn(caller.principal, account);
  if (!grant || !mayUse(caller.principal, account, repository, NEEDED[action])) throw new RegistryError('DENIED');
  if (
    caller.access !== null &&
    !caller.access.some((entry) => entry.name === `${account}/${repository}` && entry.actions.includes(action))
  )
    throw new RegistryError('UNAUTHORIZED', {
      headers: { 'www-authenticate': `${challenge()},error="insufficient_scope"` },
    });
  return grant;
}

/** What of the requested access the principal really has; the token carries only that. */
export function narrow(principal: Principal, wanted: Access[]): Access[] {
  return wanted.map((entry) => {
    const slash = entry.name.indexOf('/');
    const [account, repository] = [entry.name.slice(0, Math.max(slash, 0)), entry.name.slice(slash + 1)];
    return {
      name: entry.name,
      actions: entry.actions.filter((action) => mayUse(principal, account, repository, NEEDED[action])),
    };
  });
}

export function decodeBasic(value: string): [string, string] {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
