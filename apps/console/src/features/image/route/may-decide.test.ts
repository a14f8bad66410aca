/** Who is offered the buttons of an approval step. */
import type { Role } from '@pratique/contract';
import { expect, test } from 'vitest';
import { type MayDecide, mayDecide } from './may-decide.ts';

const question = { requestedBy: 'pia', approvers: [] as string[], answeredBy: [] as string[] };

test.each<[string, Partial<typeof question>, string, Role, MayDecide]>([
  ['whoever asked does not decide, owner or not', {}, 'pia', 'owner', 'asked'],
  ['nobody counts twice', { answeredBy: ['ann'] }, 'ann', 'maintainer', 'answered'],
  ['a maintainer decides where nobody is named', {}, 'ann', 'maintainer', 'yes'],
  ['an owner decides where nobody is named', {}, 'ann', 'owner', 'yes'],
  ['a developer does not where nobody is named', {}, 'dan', 'developer', 'not-approver'],
  ['a developer who is named decides', { approvers: ['dan'] }, 'dan', 'developer', 'yes'],
  ['a role that is named decides', { approvers: ['role:developer'] }, 'dan', 'developer', 'yes'],
  ['an owner is not a developer here', { approvers: ['role:developer'] }, 'ann', 'owner', 'not-approver'],
  ['a reader changes nothing, named or not', { approvers: ['ron'] }, 'ron', 'reader', 'not-approver'],
])('%s', (_case, more, name, role, expected) => {
  expect(mayDecide({ ...question, ...more }, { name, role })).toBe(expected);
});
