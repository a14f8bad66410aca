/** From violations to a decision with its reasons. */
import type { Decision, Reason, Violation } from '@pratique/contract';

/**
 * Denies when any violation is of a constraint that denies; warnings and dry runs are reasons only.
 * Reasons that deny come first, then by constraint and message, so that equal inputs read the same.
 */
export function decide(violations: readonly Violation[]): { decision: Decision; reasons: Reason[] } {
  const rank = { deny: 0, warn: 1, dryrun: 2 } as const;
  const reasons = violations.map(({ msg, ...rest }): Reason => ({ ...rest, message: msg }));
  reasons.sort(
    (a, b) =>
      rank[a.action] - rank[b.action] ||
      compare(a.constraint, b.constraint) ||
      isRemainder(a) - isRemainder(b) ||
      compare(a.message, b.message),
  );
  return { decision: violations.some((violation) => violation.action === 'deny') ? 'deny' : 'allow', reasons };
}

/** 1 for the sentence that counts what is not listed: it stands behind what is. */
function isRemainder(reason: Reason): number {
  return typeof reason.details['omitted'] === 'number' ? 1 : 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
