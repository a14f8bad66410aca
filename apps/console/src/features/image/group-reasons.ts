/** Groups what one rule said many times. */
import type { Verdict } from '@pratique/contract';

export type RuleSays = {
  constraint: string;
  action: Verdict['reasons'][number]['action'];
  first: string;
  reasons: Verdict['reasons'];
};

const ORDER = ['deny', 'warn', 'dryrun'];

/** One entry for each constraint, denials before warnings; within the same action, the order of the verdict stays. */
export function groupReasons(reasons: Verdict['reasons']): RuleSays[] {
  const groups = [...Map.groupBy(reasons, (reason) => reason.constraint)].flatMap(([constraint, said]) => {
    const [first] = said;
    return first ? [{ constraint, action: first.action, first: first.message, reasons: said }] : [];
  });
  return groups.sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
}
