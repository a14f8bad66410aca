/** Writes findings as an in-toto vulnerability predicate. */
import type { Finding, Uncovered } from '@pratique/contract';
import { TOOL } from './subject.ts';

export const VULNS_PREDICATE_TYPE = 'https://in-toto.io/attestation/vulns/v0.2';

export type VulnsInput = {
  findings: readonly Finding[];
  uncovered: readonly Uncovered[];
  /** Snapshot digest of the advisory data, and its newest date (ISO 8601). */
  database: { snapshot: string; lastUpdate: string };
  toolVersion: string;
  /** ISO 8601. */
  startedAt: string;
  finishedAt: string;
};

/**
 * One entry for each finding. What no source answered for stands beside the result, since an empty result would
 * otherwise read as "no vulnerability".
 *
 * @see github.com/in-toto/attestation, spec/predicates/vulns_02.md
 */
export function toVulnsPredicate(input: VulnsInput): Record<string, unknown> {
  return {
    scanner: {
      uri: 'pkg:generic/pratique',
      version: input.toolVersion,
      db: {
        uri: `pkg:generic/${TOOL}-advisories`,
        version: input.database.snapshot,
        lastUpdate: input.database.lastUpdate,
      },
      result: input.findings.map((finding) => ({
        id: finding.id,
        severity: [{ method: finding.evidence.severitySource ?? 'none', score: finding.severity }],
        annotations: [
          { package: finding.package.purl },
          { status: finding.status },
          { fixedVersion: finding.fixedVersion ?? '' },
          { exploited: String(finding.exploited) },
          { evidence: `${finding.evidence.source} ${finding.evidence.advisory}: ${finding.evidence.comparison}` },
        ],
      })),
    },
    metadata: { scanStartedOn: input.startedAt, scanFinishedOn: input.finishedAt },
    uncovered: input.uncovered,
  };
}
