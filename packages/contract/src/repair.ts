/** What a repair of an image did and what it left: the shape that CLI, API and console share. */
import { z } from 'zod';
import { Digest } from './digest.ts';

/** A package that the repair brought to another version, or added because an upgrade needs it. */
export const RepairedPackage = z.object({
  name: z.string(),
  architecture: z.string(),
  /** Version before; null for a package that was not there. */
  from: z.string().nullable(),
  to: z.string(),
  /** Source package that it is built from. */
  source: z.string(),
  suite: z.string(),
  url: z.string(),
  sha256: z.string(),
  /** Bytes of the package file. */
  size: z.number().int().nonnegative(),
  /** Paths that the package brings, directories not counted. */
  files: z.number().int().nonnegative(),
  /** Packages that it stands for (Obsoletes of rpm): they are gone. */
  replaces: z.array(z.object({ name: z.string(), version: z.string() })).optional(),
});
export type RepairedPackage = z.infer<typeof RepairedPackage>;

export const RepairLeftReason = z.enum([
  'end-of-life',
  'held',
  'pinned',
  'third-party',
  'foreign-architecture',
  'would-remove',
  'conflict',
  'not-offered',
  'damaged',
  'file-conflict',
  'script',
]);
export type RepairLeftReason = z.infer<typeof RepairLeftReason>;

/** A package that stays as it is although it may be behind, and why. `candidate` is null where none is known. */
export const RepairLeft = z.object({
  name: z.string(),
  version: z.string(),
  candidate: z.string().nullable(),
  reason: RepairLeftReason,
  detail: z.string(),
});
export type RepairLeft = z.infer<typeof RepairLeft>;

/** What became of one maintainer script; `not-done` only for packages that are left. */
export const RepairScript = z.object({
  package: z.string(),
  /** `preinst upgrade`, `postinst configure`, `postinst triggered ldconfig`. */
  script: z.string(),
  handled: z.enum(['not-needed', 'built-in', 'sandbox', 'not-done']),
  detail: z.string(),
});
export type RepairScript = z.infer<typeof RepairScript>;

/** A signed list of packages that was read. */
export const RepairSource = z.object({
  uri: z.string(),
  suite: z.string(),
  /** Of the InRelease file. */
  digest: Digest,
  /** ISO 8601. */
  date: z.string(),
  validUntil: z.string().nullable(),
  signedBy: z.array(z.string()),
});
export type RepairSource = z.infer<typeof RepairSource>;

export const RepairLayer = z.object({
  digest: Digest,
  diffId: Digest,
  /** Bytes as stored, and of the archive in it. */
  size: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  /** Bytes of the files that the packages bring. */
  packageBytes: z.number().int().nonnegative(),
  /** The layer of an earlier repair that this one stands for. */
  replaces: Digest.nullable(),
});
export type RepairLayer = z.infer<typeof RepairLayer>;

/** A finding that a rescan compares. */
export const RepairFinding = z.object({ id: z.string(), package: z.string(), version: z.string() });
export type RepairFinding = z.infer<typeof RepairFinding>;

/** A file of an upgraded package that was not as packaged before; `kept` says where the user's version is now. */
export const RepairDifference = z.object({
  package: z.string(),
  path: z.string(),
  was: z.enum(['modified', 'missing', 'configuration-modified', 'configuration-missing']),
  now: z.enum(['as-packaged', 'as-before']),
});
export type RepairDifference = z.infer<typeof RepairDifference>;

/** Both images were started for some seconds, without network; `not-tried` where that could not be, in words. */
export const SmokeStart = z.object({ outcome: z.enum(['same', 'not-tried']), detail: z.string() });
export type SmokeStart = z.infer<typeof SmokeStart>;

/** `pratique repair --json`. `gone`, `left` of findings and `new` are known only after a rescan. */
export const RepairResult = z.object({
  from: Digest,
  /** Null where there was nothing to do. */
  to: Digest.nullable(),
  /** The image as it was before any repair. */
  original: Digest,
  upgraded: z.array(RepairedPackage),
  gone: z.array(RepairFinding),
  left: z.array(RepairLeft),
  new: z.array(RepairFinding),
  scripts: z.array(RepairScript),
  differences: z.array(RepairDifference),
  layer: RepairLayer.nullable(),
  sources: z.array(RepairSource),
  /** Null where nobody asked for a start. */
  smoke: SmokeStart.nullable().default(null),
});
export type RepairResult = z.infer<typeof RepairResult>;
