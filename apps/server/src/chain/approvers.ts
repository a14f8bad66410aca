/** Who may answer an approval step: people by name, or everybody of a role. */
import type { Role } from '@pratique/contract';

const ROLE = /^role:(owner|maintainer|developer)$/;

/** @param approvers names and `role:NAME`; none: maintainers and owners */
export function mayApprove(approvers: readonly string[], person: { name: string; role: Role }): boolean {
  if (approvers.length === 0) return person.role === 'maintainer' || person.role === 'owner';
  return approvers.some((one) => one === person.name || ROLE.exec(one)?.[1] === person.role);
}

export function describeApprovers(approvers: readonly string[]): string {
  if (approvers.length === 0) return 'a maintainer';
  return approvers.map((one) => (ROLE.test(one) ? `any ${one.slice('role:'.length)}` : one)).join(', ');
}
