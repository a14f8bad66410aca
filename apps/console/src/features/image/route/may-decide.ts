/** Whether a person's answer to an approval step would count; the server decides, this only saves the asking. */
import type { Role } from '@pratique/contract';

export type Question = {
  requestedBy: string;
  /** Names, and `role:NAME`; none: maintainers and owners. */
  approvers: readonly string[];
  answeredBy: readonly string[];
};
export type MayDecide = 'yes' | 'asked' | 'answered' | 'not-approver';

export function mayDecide(question: Question, person: { name: string; role: Role }): MayDecide {
  if (question.requestedBy === person.name) return 'asked';
  if (question.answeredBy.includes(person.name)) return 'answered';
  return isApprover(question.approvers, person) ? 'yes' : 'not-approver';
}

function isApprover(approvers: readonly string[], { name, role }: { name: string; role: Role }): boolean {
  if (role === 'reader') return false;
  if (approvers.length === 0) return role === 'maintainer' || role === 'owner';
  return approvers.some((one) => one === name || one === `role:${role}`);
}
