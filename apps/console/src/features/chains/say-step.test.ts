/** What a step of a chain says of itself. */
import { Step } from '@pratique/contract';
import { expect, test } from 'vitest';
import { en } from '../../catalogue/en/en.ts';
import { sayStep } from './say-step.ts';

test.each([
  ['scan', {}, ''],
  ['attest', {}, 'Verdict'],
  ['attest', { predicates: ['spdx', 'own'] }, 'Inventory as SPDX, own'],
  ['deliver', {}, 'no receiver named'],
  ['deliver', { to: ['customer/web', 3] }, 'customer/web'],
  ['approval', {}, 'one approval · maintainers and owners'],
  [
    'approval',
    { approvals: 2, approvers: ['ann', 'role:owner'], expires_hours: 72 },
    '2 approvals · ann, everybody with the role Owner · within 72 h',
  ],
  ['repair', { upgrades: 'findings', smoke_start: true }, 'Only what clears a finding · started once'],
  ['repair', { preview: true, upgrades: 'findings' }, 'says what it would do'],
])('%s with %j says %j', (kind, given, said) => {
  expect(sayStep(Step.parse({ name: 'step', kind, with: given }), en)).toBe(said);
});
