/** Repairs as the server keeps them: what was asked for, what came of it, and where the repaired image is. */
import { z } from 'zod';
import { Digest } from '../digest.ts';
import { RepairFinding, RepairResult } from '../repair.ts';
import { ReferenceName, RepositoryName } from './governance.ts';

/** All upgrades of the image's own suites, or only those that clear findings. */
export const RepairScope = z.enum(['all', 'findings']);
export type RepairScope = z.infer<typeof RepairScope>;

/** `suffix`: a tag of its own, TAG-r1; `move`: the tag itself where it may move, a tag of its own where not. */
export const RepairTagging = z.enum(['suffix', 'move']);
export type RepairTagging = z.infer<typeof RepairTagging>;

/** A preview stores nothing. */
export const RepairMode = z.enum(['preview', 'repair']);
export type RepairMode = z.infer<typeof RepairMode>;

export const RepairState = z.enum(['queued', 'running', 'done', 'failed']);
export type RepairState = z.infer<typeof RepairState>;

/** What became of one platform's image; without a result it stays as it is, for the reason in `skipped`. */
export const PlatformRepair = z.object({
  digest: Digest,
  os: z.string(),
  architecture: z.string(),
  result: RepairResult.nullable(),
  skipped: z.string().nullable(),
});
export type PlatformRepair = z.infer<typeof PlatformRepair>;

export const RepairSummary = z.object({
  id: z.uuid(),
  repository: z.string(),
  /** What was to be repaired, and the tag under which it was. */
  digest: Digest,
  tag: z.string().nullable(),
  mode: RepairMode,
  scope: RepairScope,
  state: RepairState,
  requestedBy: z.string(),
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
  error: z.string().nullable(),
  /** The image as it was before any repair; null until it is known. */
  original: Digest.nullable(),
  /** Null where there was nothing to repair, or it is not done. Of a preview: what it would become. */
  repaired: Digest.nullable(),
  repairedTag: z.string().nullable(),
  upgraded: z.number().int(),
  left: z.number().int(),
  /** The run of the chain that repaired, and the one that judges what came of it. */
  run: z.uuid().nullable(),
  childRun: z.uuid().nullable(),
});
export type RepairSummary = z.infer<typeof RepairSummary>;

export const Repair = RepairSummary.extend({
  platforms: z.array(PlatformRepair),
  /** Whether `gone` and `new` were read from a scan of the repaired image; otherwise they are what the new versions promise. */
  rescanned: z.boolean(),
  /** Findings over all platforms, each once. */
  gone: z.array(RepairFinding),
  remaining: z.array(RepairFinding),
  new: z.array(RepairFinding),
});
export type Repair = z.infer<typeof Repair>;

export const NewRepair = z.object({
  repository: RepositoryName,
  reference: ReferenceName,
  mode: RepairMode.default('repair'),
  scope: RepairScope.default('all'),
  tagging: RepairTagging.default('suffix'),
  /** Starts both images for some seconds, where the server may; one that starts otherwise is no repair. */
  smokeStart: z.boolean().default(false),
});
export type NewRepair = z.infer<typeof NewRepair>;

/** An image whose first layers are another's; `isBehind`: it stands on that one as it was before its repair. */
export const BuiltOnImage = z.object({
  repository: z.string(),
  digest: Digest,
  tags: z.array(z.string()),
  decision: z.enum(['allow', 'deny']).nullable(),
  verdictState: z.string().nullable(),
  isBehind: z.boolean(),
});
export type BuiltOnImage = z.infer<typeof BuiltOnImage>;

/** What is built on an image, and the newest repair of it that they could be put on. */
export const Fleet = z.object({
  digest: Digest,
  repaired: z.object({ digest: Digest, tag: z.string().nullable() }).nullable(),
  images: z.array(BuiltOnImage),
  /** There are more than are listed. */
  more: z.boolean(),
});
export type Fleet = z.infer<typeof Fleet>;
