/** Images as the API shows them. */
import { z } from 'zod';
import { BaselineResult } from '../baseline.ts';
import { RunState, StepKind, StepState } from '../chain.ts';
import { Digest } from '../digest.ts';
import { RankedFinding, Uncovered } from '../finding.ts';
import { MalwareMatch, Unexamined } from '../malware.ts';
import { Distribution, Missing, Package } from '../package.ts';
import { Secret } from '../secret.ts';
import { Verdict } from '../verdict.ts';
import { Placement } from './placement.ts';
import { RepairSummary } from './repair.ts';

export const SeverityCounts = z.object({
  critical: z.number(),
  high: z.number(),
  medium: z.number(),
  low: z.number(),
  negligible: z.number(),
  unknown: z.number(),
});
export type SeverityCounts = z.infer<typeof SeverityCounts>;

export const ChainState = z.enum(['queued', 'running', 'waiting', 'succeeded', 'failed', 'denied', 'none']);
export type ChainState = z.infer<typeof ChainState>;

/** What an approval step needs, and who has answered. */
export const ApprovalState = z.object({
  needed: z.number().int(),
  /** Names, and `role:NAME`; none: maintainers and owners. */
  approvers: z.array(z.string()),
  expiresAt: z.string().nullable(),
  answers: z.array(z.object({ by: z.string(), approve: z.boolean(), reason: z.string(), at: z.string() })),
});
export type ApprovalState = z.infer<typeof ApprovalState>;

export const StepRun = z.object({
  name: z.string(),
  kind: StepKind,
  state: StepState,
  needs: z.array(z.string()),
  attempts: z.number().int(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  /** A sentence about what came out; null while it has not. */
  summary: z.string().nullable(),
  error: z.string().nullable(),
  /** Of approval steps that wait or have waited. */
  approval: ApprovalState.nullable().default(null),
});
export type StepRun = z.infer<typeof StepRun>;

export const Run = z.object({
  id: z.string(),
  repository: z.string(),
  digest: Digest,
  tag: z.string().nullable(),
  chain: z.object({ name: z.string(), version: z.number().int() }),
  trigger: z.string(),
  requestedBy: z.string(),
  state: RunState,
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
  steps: z.array(StepRun),
});
export type Run = z.infer<typeof Run>;

export const Signature = z.object({
  predicateType: z.string(),
  keyId: z.string(),
  /** Digest of the referrer that carries it; null for evidence that only this server shows. */
  manifest: Digest.nullable(),
  createdAt: z.string(),
});
export type Signature = z.infer<typeof Signature>;

export const Receipt = z.object({
  id: z.string(),
  side: z.enum(['sent', 'received']),
  repository: z.string(),
  counterparty: z.string(),
  tag: z.string(),
  digest: Digest,
  manifests: z.number().int(),
  blobs: z.number().int(),
  graphHash: z.string(),
  at: z.string(),
});
export type Receipt = z.infer<typeof Receipt>;

export const Admission = z.object({
  id: z.number(),
  at: z.string(),
  cluster: z.string(),
  operation: z.string(),
  kind: z.string(),
  namespace: z.string().nullable(),
  name: z.string().nullable(),
  username: z.string().nullable(),
  allowed: z.boolean(),
  mode: z.string(),
  reasons: z.array(z.string()),
  images: z.array(z.object({ reference: z.string(), digest: z.string().nullable(), allowed: z.boolean() })),
});
export type Admission = z.infer<typeof Admission>;

export const Platform = z.object({
  digest: Digest,
  os: z.string(),
  architecture: z.string(),
  variant: z.string().nullable(),
});

/** One row of the list of images: a tag and what it names now. */
export const ImageRow = z.object({
  account: z.string(),
  repository: z.string(),
  tag: z.string(),
  digest: Digest,
  size: z.number(),
  pushedAt: z.string(),
  pushedBy: z.string(),
  immutable: z.boolean(),
  decision: z.enum(['allow', 'deny']).nullable(),
  verdictState: z.string().nullable(),
  chainState: ChainState,
  packages: z.number().int().nullable(),
  /** null: not scanned yet. */
  findings: SeverityCounts.nullable(),
  fixable: z.number().int().nullable(),
});
export type ImageRow = z.infer<typeof ImageRow>;

export const Renewal = z.object({
  at: z.string().nullable(),
  failures: z.number().int(),
  error: z.string().nullable(),
});
export type Renewal = z.infer<typeof Renewal>;

/** `pratique status REF --json`, and the head of the image page. */
export const ImageStatus = z.object({
  account: z.string(),
  repository: z.string(),
  /** What was asked for: the tag, or the digest. */
  reference: z.string(),
  tags: z.array(z.object({ name: z.string(), immutable: z.boolean() })),
  digest: Digest,
  mediaType: z.string(),
  size: z.number(),
  pushedAt: z.string(),
  pushedBy: z.string(),
  created: z.string().nullable(),
  config: z
    .object({
      user: z.string(),
      entrypoint: z.array(z.string()),
      cmd: z.array(z.string()),
      env: z.array(z.string()),
      labels: z.record(z.string(), z.string()),
    })
    .nullable(),
  layers: z.array(z.object({ digest: Digest, size: z.number(), mediaType: z.string() })),
  platforms: z.array(Platform),
  verdict: Verdict.nullable(),
  /** When the verdict is looked at again, and why the last look failed, if it did. */
  renewal: Renewal.nullable().default(null),
  /** The revocation in force. */
  revocation: z.object({ by: z.string(), at: z.string(), reason: z.string() }).nullable().default(null),
  chain: z.object({ state: ChainState, run: Run.nullable() }),
  inventory: z
    .object({
      distribution: Distribution.nullable(),
      packages: z.number().int(),
      files: z.number().int(),
      missing: z.array(Missing),
    })
    .nullable(),
  findings: SeverityCounts.nullable(),
  fixable: z.number().int().nullable(),
  uncovered: z.array(Uncovered),
  signatures: z.array(Signature),
  deliveries: z.array(Receipt),
  admissions: z.array(Admission),
  /** Containers that run the image or one of its platforms now, as the clusters' agents say. */
  runningIn: z.array(Placement),
  /** Repairs of this image, and the one that made it; newest first, at most ten. */
  repairs: z.array(RepairSummary).default([]),
});
export type ImageStatus = z.infer<typeof ImageStatus>;

/** A package, and what the distribution that it comes from offers of it today. */
export const ScannedPackage = Package.extend({
  /** The version that the distribution's own suites (base, updates, security) offer now; null where not known. */
  candidate: z.string().nullable().optional(),
  /** Whether that is a later one, by the package's own version order; null where not known. */
  outdated: z.boolean().nullable().optional(),
});
export type ScannedPackage = z.infer<typeof ScannedPackage>;

/** `pratique scan REF --json` from the stored inventory; packages and findings are null where not examined. */
export const ImageScan = z.object({
  image: z.object({ reference: z.string(), digest: z.string().nullable(), distribution: Distribution.nullable() }),
  packages: z.array(ScannedPackage),
  /** The most urgent first. */
  findings: z.array(RankedFinding),
  missing: z.array(Missing),
  uncovered: z.array(Uncovered),
  /** Null where nobody looked for any. */
  secrets: z.array(Secret).nullable(),
  /** Null where nobody looked for any. */
  malware: z.array(MalwareMatch).nullable(),
  /** Contents that could not be looked into, or not wholly; files of the distribution's own packages left out. */
  unexamined: z.array(Unexamined).nullable(),
  /** Every check that was made, passed ones too; null where none was. */
  baseline: z.array(BaselineResult).nullable(),
  /** Where the packages' candidates were looked up, as `debian:12`, and the date of the archive's newest word there. */
  candidates: z
    .array(z.object({ release: z.string(), architecture: z.string(), date: z.string().nullable() }))
    .optional(),
});
export type ImageScan = z.infer<typeof ImageScan>;
