/** What is known about what an image contains. Changes daily. */
import { z } from 'zod';

export const Severity = z.enum(['critical', 'high', 'medium', 'low', 'negligible', 'unknown']);
export type Severity = z.infer<typeof Severity>;

export const FindingStatus = z.enum(['affected', 'not-affected', 'will-not-fix', 'unknown']);
export type FindingStatus = z.infer<typeof FindingStatus>;

/** Why a finding is there: the comparison that was made and the data it was made from. */
export const Evidence = z.object({
  /** Advisory source, for example `debian`, `osv`, `alpine`. */
  source: z.string(),
  /** Id in that source; may differ from the finding's id. */
  advisory: z.string(),
  /** The sentence of the comparison: `openssl 3.0.11-1~deb12u2 < 3.0.16-1~deb12u1 (deb)`. */
  comparison: z.string(),
  /** Where the severity comes from; null when it is unknown. */
  severitySource: z.string().nullable(),
  /** Content digest of the advisory data that was read. */
  snapshot: z.string(),
  /** NVD or the source says that the hole is disputed, or that its id was taken back. */
  standing: z.enum(['disputed', 'rejected']).optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/** A statement of somebody who knows the product, applied to a finding. It is evidence, not an exception. */
export const VexApplied = z.object({
  status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
  /** OpenVEX's word, for example `vulnerable_code_not_in_execute_path`; null where none was given. */
  justification: z.string().nullable(),
  /** In the author's words. */
  statement: z.string().nullable(),
  author: z.string().nullable(),
  /** Id of the document, or the file it came from. */
  document: z.string(),
  at: z.string().nullable(),
});
export type VexApplied = z.infer<typeof VexApplied>;

export const Finding = z.object({
  /** The CVE where one exists, else the advisory's own id. */
  id: z.string(),
  aliases: z.array(z.string()),
  package: z.object({ name: z.string(), version: z.string(), type: z.string(), purl: z.string() }),
  severity: Severity,
  status: FindingStatus,
  fixedVersion: z.string().nullable(),
  /** In CISA's catalogue of known exploited vulnerabilities. */
  exploited: z.boolean(),
  title: z.string().nullable(),
  evidence: Evidence,
  vex: VexApplied.optional(),
});
export type Finding = z.infer<typeof Finding>;

/** One reason for a finding's place in the list. */
export const PriorityFactor = z.object({
  name: z.enum(['exploited', 'likelihood', 'severity', 'fix', 'exposure', 'privilege', 'in-use']),
  /** What it adds to the score; 0 where it says nothing, or is not known. */
  points: z.number().int().nonnegative(),
  /** A sentence: what is known, and from where. */
  detail: z.string(),
});
export type PriorityFactor = z.infer<typeof PriorityFactor>;

/** How soon to look at a finding, from 0 to 100: the sum of its factors. */
export const Priority = z.object({ score: z.number().int().min(0).max(100), factors: z.array(PriorityFactor) });
export type Priority = z.infer<typeof Priority>;

/** A finding in the image that it was found in. */
export const RankedFinding = Finding.extend({
  priority: Priority,
  /** The version that the distribution's suites offer now where that has the fix; null where not, or not known. */
  fixCandidate: z.string().nullable().optional(),
});
export type RankedFinding = z.infer<typeof RankedFinding>;

/** Ecosystems found in the inventory for which no advisory source answered: unknown, not clean. */
export const Uncovered = z.object({ ecosystem: z.string(), packages: z.number().int(), reason: z.string() });
export type Uncovered = z.infer<typeof Uncovered>;
