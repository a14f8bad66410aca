/** Groups what one rule said many times. */
import type { Verdict } from '@pratique/contract';

type Reason = Verdict['reasons'][number];
/** `said` counts what was said, `reasons` holds what is listed of it, `graceUntil` is when the first warning begins to deny. */
export type RuleSays = {
  constraint: string;
  action: Reason['action'];
  first: string;
  said: number;
  reasons: Reason[];
  graceUntil: string | null;
};

const ORDER = ['deny', 'warn', 'dryrun'];

/** One entry for each constraint, denials before warnings; within the same action, the order of the verdict stays. */
export function groupReasons(reasons: readonly Reason[]): RuleSays[] {
  const groups = [...Map.groupBy(reasons, (reason) => reason.constraint)].flatMap(([constraint, all]) => {
    const listed = all.filter((reason) => omittedBy(reason) === 0);
    const first = listed[0] ?? all[0];
    return first
      ? [
          {
            constraint,
            action: first.action,
            first: first.message,
            said: countReasons(all),
            reasons: listed,
            graceUntil: listed.flatMap((reason) => graceOf(reason) ?? []).toSorted()[0] ?? null,
          },
        ]
      : [];
  });
  return groups.sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
}

/** Until when a warning only warns; null for what has no time of grace. */
export function graceOf({ action, details }: Pick<Reason, 'action' | 'details'>): string | null {
  const until = details.graceUntil;
  return action === 'warn' && typeof until === 'string' && !Number.isNaN(Date.parse(until)) ? until : null;
}

/** How many violations there were: those listed, and those that the engine only counted. */
export function countReasons(reasons: readonly Reason[]): number {
  return reasons.reduce((sum, reason) => sum + (omittedBy(reason) || 1), 0);
}

/** The engine lists a thousand violations of a rule, and says of the rest how many they were. */
export function omittedBy({ details }: Pick<Reason, 'details'>): number {
  return typeof details.omitted === 'number' ? details.omitted : 0;
}
