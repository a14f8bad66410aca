/** Registry tokens: short-lived signed statements of who asks and for which repositories (distribution token spec). */
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

/** One scope of the token flow: `repository:NAME:pull,push`. */
export type Access = { name: string; actions: ('pull' | 'push' | 'delete')[] };

export type RegistryClaims = { principal: string; access: Access[]; expiresAt: number };

export type RegistryTokens = {
  issue(principal: string, access: Access[]): Promise<{ token: string; expiresIn: number; issuedAt: Date }>;
  /** @returns null for anything but a token of ours that is still good; from memory when seen before */
  verify(token: string): RegistryClaims | null | Promise<RegistryClaims | null>;
};

const LIFE_S = 300;
const AUDIENCE = 'pratique-registry';
const MAX_KNOWN = 10_000;

const Claims = z.object({
  sub: z.string(),
  exp: z.number(),
  access: z.array(z.object({ name: z.string(), actions: z.array(z.enum(['pull', 'push', 'delete'])) })).max(20),
});

/** @param key 32 bytes, shared by all processes of the instance */
export function createRegistryTokens(key: Uint8Array, issuer: string): RegistryTokens {
  const known = new Map<string, RegistryClaims>();

  async function check(token: string): Promise<RegistryClaims | null> {
    try {
      // The algorithm is fixed here; what the header asks for is not listened to (RFC 8725, 3.1).
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], issuer, audience: AUDIENCE });
      const claims = Claims.parse(payload);
      const result = { principal: claims.sub, access: claims.access, expiresAt: claims.exp * 1000 };
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(token, result);
      return result;
    } catch {
      return null;
    }
  }

  return {
    async issue(principal, access) {
      const issuedAt = new Date();
      const token = await new SignJWT({ access })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(principal)
        .setIssuer(issuer)
        .setAudience(AUDIENCE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(new Date(issuedAt.getTime() + LIFE_S * 1000))
        .sign(key);
      return { token, expiresIn: LIFE_S, issuedAt };
    },
    verify(token) {
      const hit = known.get(token);
      if (!hit) return check(token);
      if (hit.expiresAt > Date.now()) return hit;
      known.delete(token);
      return null;
    },
  };
}

const SCOPE = /^repository(?:\([a-z]+\))?:([^:]{1,255}):([a-z,*]{1,40})$/;

/** Parses the `scope` parameters of a token request; unknown kinds of resource are ignored, as the spec asks. */
export function parseScopes(scopes: string[]): Access[] {
  const access: Access[] = [];
  for (const scope of scopes.flatMap((text) => text.split(' ')).slice(0, 20)) {
    const match = SCOPE.exec(scope);
    if (!match?.[1] || !match[2]) continue;
    const asked = match[2].split(',');
    const actions = (['pull', 'push', 'delete'] as const).filter(
      (action) => asked.includes(action) || asked.includes('*'),
    );
    access.push({ name: match[1], actions });
  }
  return access;
}
