/** Who may do what in an account. */
import { z } from 'zod';

/** From most to least: each role may do all that the ones after it may. */
export const ROLES = ['owner', 'maintainer', 'developer', 'reader'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** True when `held` is at least `needed`. */
export function roleCovers(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) <= ROLES.indexOf(needed);
}
