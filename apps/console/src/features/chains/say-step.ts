/** A step's parameters in a few words. */
import type { Step } from '@pratique/contract';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { sayApprovers } from '../image/route/approvers.ts';
import { listOf, numberOf } from './read-parameters.ts';

/** @returns an empty text where nothing is set that is worth a word */
export function sayStep(step: Step, catalogue: Catalogue): string {
  const { says, statements, upgradesOf } = catalogue.chains;
  const given = step.with;
  switch (step.kind) {
    case 'attest': {
      const names: Record<string, string> = statements;
      return listOf(given['predicates'], ['verdict'])
        .map((one) => names[one] ?? one)
        .join(', ');
    }
    case 'deliver':
      return listOf(given['to']).join(', ') || says.receivers;
    case 'approval': {
      const hours = numberOf(given['expires_hours']);
      return [
        says.approvals(numberOf(given['approvals']) ?? 1),
        sayApprovers(listOf(given['approvers']), catalogue),
        hours === null ? '' : says.hours(String(hours)),
      ]
        .filter((part) => part !== '')
        .join(' · ');
    }
    case 'repair':
      return [
        given['preview'] === true ? says.preview : upgradesOf[given['upgrades'] === 'findings' ? 'findings' : 'all'],
        given['smoke_start'] === true ? says.smoke : '',
      ]
        .filter((part) => part !== '')
        .join(' · ');
    case 'inventory':
    case 'scan':
    case 'gate':
    case 'sign':
      return '';
  }
}
