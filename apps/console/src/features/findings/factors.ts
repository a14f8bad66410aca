/** What a finding's priority is made of, where no single image is looked at. */
import { type FindingRow, PRIORITY_POINTS, SEVERITY_POINTS } from '@pratique/contract';

export type Factor = { name: 'exploited' | 'likelihood' | 'severity' | 'fix'; points: number };

/** What the configuration of an image can add. */
export const IMAGE_POINTS = PRIORITY_POINTS.exposure + PRIORITY_POINTS.privilege;

/** The likelihood is what the others leave of the score: it is the only one that the row does not say in words. */
export function factorsOf(row: Pick<FindingRow, 'exploited' | 'severity' | 'fixedVersion' | 'priority'>): Factor[] {
  const exploited = row.exploited ? PRIORITY_POINTS.exploited : 0;
  const severity = SEVERITY_POINTS[row.severity];
  const fix = row.fixedVersion === null ? 0 : PRIORITY_POINTS.fix;
  const rest = row.priority - exploited - severity - fix;
  return [
    { name: 'exploited', points: exploited },
    { name: 'likelihood', points: Math.max(0, Math.min(PRIORITY_POINTS.likelihood, rest)) },
    { name: 'severity', points: severity },
    { name: 'fix', points: fix },
  ];
}
