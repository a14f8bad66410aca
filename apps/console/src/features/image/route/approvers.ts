/** Says who may answer an approval step. */
import type { Role } from '@pratique/contract';
import type { Catalogue } from '../../../catalogue/catalogue.ts';

/** @param approvers names and `role:NAME`; none: maintainers and owners */
export function sayApprovers(approvers: readonly string[], { approvals, words }: Catalogue): string {
  if (approvers.length === 0) return approvals.anyMaintainer;
  const roles: Record<string, string> = words.roles satisfies Record<Role, string>;
  return approvers
    .map((one) => {
      const role = one.startsWith('role:') ? roles[one.slice('role:'.length)] : undefined;
      return role === undefined ? one : approvals.role(role);
    })
    .join(', ');
}
