/** Who is asking, and what each account allows them. */
import type { Role } from '@pratique/contract';
import { roleCovers } from '@pratique/contract';
import { matchesAny } from './pattern.ts';

export type Grant = {
  accountId: string;
  account: string;
  role: Role;
  /** Patterns of the repositories below the account that the grant covers. */
  repositories: string[];
};

export type Principal = {
  /** `person:UUID` or `robot:UUID`. */
  id: string;
  name: string;
  /** May manage accounts and people of the instance. */
  admin: boolean;
  grants: Grant[];
  /** Milliseconds since 1970: when the robot's token or the person's session ends; null for a password. */
  expiresAt: number | null;
};

/** The caller's grant in an account, or null when it has none there: to it, the account does not exist. */
export function grantIn(principal: Principal, account: string): Grant | null {
  return principal.grants.find((grant) => grant.account === account) ?? null;
}

/** True when the caller holds at least `role` for that repository of the account. */
export function mayUse(principal: Principal, account: string, repository: string, role: Role): boolean {
  const grant = grantIn(principal, account);
  return grant !== null && roleCovers(grant.role, role) && matchesAny(grant.repositories, repository);
}
