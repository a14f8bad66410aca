/** What each reason adds to a finding's priority at most: together 100. */
import type { Severity } from './finding.ts';

/** Proof of attacks outweighs every guess, and a severity without them is no emergency. */
export const PRIORITY_POINTS = { exploited: 35, likelihood: 20, fix: 6, exposure: 7, privilege: 7 } as const;

export const SEVERITY_POINTS: Readonly<Record<Severity, number>> = {
  critical: 25,
  high: 18,
  medium: 9,
  // What nobody has judged yet may be anything.
  unknown: 12,
  low: 3,
  negligible: 0,
};
