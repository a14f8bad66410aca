/** One advisory and whom it touches, and what an update of the advisories changed. */
import { z } from 'zod';
import { FindingStatus, Severity, VexApplied } from '../finding.ts';
import { Exception } from './governance.ts';
import { HolderCounts, ListedPackage } from './holders.ts';

/** What one source says of a hole in one package. */
export const AdvisoryRecordInfo = z.object({
  source: z.string(),
  /** Id in that source. */
  advisory: z.string(),
  /** As OSV names it: `Debian:12`, `npm`. */
  ecosystem: z.string(),
  package: z.string(),
  severity: Severity,
  severitySource: z.string().nullable(),
  status: FindingStatus,
  /** Versions without it, one for each range that ends; empty: none is known. */
  fixedVersions: z.array(z.string()),
  disputed: z.boolean(),
});
export type AdvisoryRecordInfo = z.infer<typeof AdvisoryRecordInfo>;

/** A statement in force that names the hole. It counts for the images and packages that it speaks of, not for all. */
export const AdvisoryStatement = VexApplied.extend({
  /** Of the document, as `vex` lists it. */
  documentId: z.uuid(),
  /** The image that the document is attached to; null for a file, which may speak of any. */
  image: z.object({ repository: z.string(), digest: z.string() }).nullable(),
  products: z.array(z.string()),
});
export type AdvisoryStatement = z.infer<typeof AdvisoryStatement>;

/** Who has a hole now, or had it until an update of the advisories cleared it. */
export const HoldingTime = z.enum(['now', 'before']);
export type HoldingTime = z.infer<typeof HoldingTime>;

export const AdvisoryPage = z.object({
  /** The CVE where there is one; whoever asked by another name finds that in `aliases`. */
  id: z.string(),
  aliases: z.array(z.string()),
  titles: z.array(z.object({ source: z.string(), title: z.string() })),
  /** The worst that a source says, with the source; and what each says. */
  severity: Severity,
  severitySource: z.string().nullable(),
  severities: z.array(z.object({ severity: Severity, source: z.string().nullable() })),
  /** EPSS; null where nothing is known. */
  likelihood: z.object({ probability: z.number(), percentile: z.number() }).nullable(),
  /** In CISA's catalogue. */
  exploited: z.boolean(),
  standing: z.enum(['disputed', 'rejected']).nullable(),
  /** Pages of the publishers, made from the names. */
  references: z.array(z.object({ name: z.string(), url: z.string() })),
  /** What the sources say, of the account's packages first; at most 200. */
  records: z.array(AdvisoryRecordInfo),
  /** `touched`: a package of the account has it now; `cleared`: one had, and has no longer; `none`: known, and nothing of the account's. */
  touches: z.enum(['touched', 'cleared', 'none']),
  /** Who has it now. */
  holders: HolderCounts,
  /** Distinct packages that have it now. */
  packages: z.number().int(),
  /** Approved exceptions that name it and have not ended. */
  exceptions: z.array(Exception),
  /** At most 100, the newest documents first. */
  vex: z.array(AdvisoryStatement),
  /** Images that had it until an update of the advisories cleared it, and do not have it by another package. */
  formerly: z.number().int(),
  /** Snapshot of the advisories that was asked. */
  snapshot: z.string(),
});
export type AdvisoryPage = z.infer<typeof AdvisoryPage>;

/** A package that has the hole now. */
export const AffectedPackage = ListedPackage.extend({
  severity: Severity,
  status: FindingStatus,
  fixedVersion: z.string().nullable(),
  priority: z.number().int(),
  firstSeen: z.string(),
  /** The sentence of the comparison, and whose data it was made from. */
  comparison: z.string(),
  source: z.string(),
  images: z.number().int(),
});
export type AffectedPackage = z.infer<typeof AffectedPackage>;

export const AffectedPackages = z.object({ packages: z.array(AffectedPackage), next: z.string().nullable() });
export type AffectedPackages = z.infer<typeof AffectedPackages>;

/** `affected`: it has the hole since; `cleared`: no longer; `changed`: other severity, status, fix or attacks. */
export const ChangeKind = z.enum(['affected', 'cleared', 'changed']);
export type ChangeKind = z.infer<typeof ChangeKind>;

const Known = z.object({
  severity: Severity,
  status: FindingStatus,
  fixedVersion: z.string().nullable(),
  exploited: z.boolean(),
});

/** One hole of one package of which an update said something else. */
export const AdvisoryChangeRow = z.object({
  change: z.number().int(),
  at: z.string(),
  kind: ChangeKind,
  id: z.string(),
  aliases: z.array(z.string()),
  title: z.string().nullable(),
  package: ListedPackage,
  /** null: it was not a finding before, or is none now. */
  before: Known.nullable(),
  after: Known.nullable(),
  /** Images of the account that hold the package now. */
  images: z.number().int(),
});
export type AdvisoryChangeRow = z.infer<typeof AdvisoryChangeRow>;

export const AdvisoryChangeRows = z.object({ rows: z.array(AdvisoryChangeRow), next: z.string().nullable() });
export type AdvisoryChangeRows = z.infer<typeof AdvisoryChangeRows>;

/** One update of the advisories, as far as it says something else of packages that the account holds. */
export const AdvisoryUpdate = z.object({
  id: z.number().int(),
  /** null: there was no snapshot before. The same twice: other code matched the same advisories. */
  from: z.string().nullable(),
  to: z.string(),
  /** `running`: packages are still being matched, and more may come; `overtaken`: a newer one came before its end. */
  state: z.enum(['running', 'finished', 'overtaken']),
  at: z.string(),
  finishedAt: z.string().nullable(),
  /** Rows, by what happened; distinct holes and packages. */
  affected: z.number().int(),
  cleared: z.number().int(),
  changed: z.number().int(),
  holes: z.number().int(),
  packages: z.number().int(),
});
export type AdvisoryUpdate = z.infer<typeof AdvisoryUpdate>;

export const AdvisoryUpdates = z.object({
  updates: z.array(AdvisoryUpdate),
  next: z.string().nullable(),
  /** Days for which they are kept. */
  keptDays: z.number().int(),
});
export type AdvisoryUpdates = z.infer<typeof AdvisoryUpdates>;

/** Who is newly affected and newly cleared: images that were there when it came. An image may be both, by different holes. */
export const AdvisoryUpdateDetail = AdvisoryUpdate.extend({
  newlyAffected: HolderCounts,
  newlyCleared: HolderCounts,
});
export type AdvisoryUpdateDetail = z.infer<typeof AdvisoryUpdateDetail>;
