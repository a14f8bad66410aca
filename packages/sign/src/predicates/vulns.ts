/** The result of a scan as in-toto's vulnerability predicate. */
import type { Finding } from '@pratique/contract';
import { z } from 'zod';
import type { Predicate } from '../statement.ts';
import { VULNS } from './types.ts';

/** @see in-toto Attestation Framework, spec/predicates/vulns_02.md */
export const Vulnerabilities = z.looseObject({
  scanner: z.looseObject({
    uri: z.string(),
    version: z.string().optional(),
    db: z.looseObject({
      name: z.string().optional(),
      version: z.string().optional(),
      lastUpdate: z.string().optional(),
    }),
    result: z.array(
      z.looseObject({
        id: z.string(),
        severity: z.array(z.object({ method: z.string(), score: z.string() })),
        annotations: z.array(z.record(z.string(), z.string())).optional(),
      }),
    ),
  }),
  metadata: z.looseObject({ scanStartedOn: z.string(), scanFinishedOn: z.string() }),
});
export type Vulnerabilities = z.infer<typeof Vulnerabilities>;

export type ScanContext = {
  scanner: { uri: string; version: string };
  /** Digest or revision of the advisories, and when they were taken. */
  advisories: { version: string; lastUpdate: string };
  startedOn: string;
  finishedOn: string;
};

/** One result per finding: a vulnerability in two packages is there twice, told apart by its annotations. */
export function vulnerabilitiesPredicate(findings: readonly Finding[], context: ScanContext): Predicate {
  const body: Vulnerabilities = {
    scanner: {
      uri: context.scanner.uri,
      version: context.scanner.version,
      db: { name: 'pratique-advisories', ...context.advisories },
      result: findings.map((finding) => ({
        id: finding.id,
        severity: [{ method: finding.evidence.severitySource ?? 'unknown', score: finding.severity }],
        annotations: [
          {
            purl: finding.package.purl,
            status: finding.status,
            ...(finding.fixedVersion === null ? {} : { fixedVersion: finding.fixedVersion }),
          },
        ],
      })),
    },
    metadata: { scanStartedOn: context.startedOn, scanFinishedOn: context.finishedOn },
  };
  return { type: VULNS, body };
}
