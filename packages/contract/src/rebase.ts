/** What putting an application's layers on another base did, or why it was not done. */
import { z } from 'zod';
import { SeverityCounts } from './api/image.ts';
import { Digest } from './digest.ts';
import { RepairFinding } from './repair.ts';

export const RebaseConflictKind = z.enum([
  /** The image does not begin with the layers of the old base. */
  'not-the-base',
  /** The new base has no image of this platform. */
  'platform',
  'architecture',
  /** The application's layers change the package database, and the new base's is another one. */
  'package-database',
  /** They change, replace or delete a file that the new base has otherwise. */
  'file',
  /** A folder that they write into is a link in the new base. */
  'folder-became-link',
  /** glibc against musl. */
  'libc',
  /** A program needs a library that the new base does not have. */
  'library',
  /** A library there lacks symbol versions that a program asks for. */
  'symbol-version',
  /** The loader or interpreter of a program or script is not there. */
  'interpreter',
  'python',
  /** A link of the application leads nowhere. */
  'link',
  /** Users or groups that the application's files or settings name are others, or none. */
  'user',
]);
export type RebaseConflictKind = z.infer<typeof RebaseConflictKind>;

export const RebaseConflict = z.object({
  kind: RebaseConflictKind,
  /** With a leading slash; null where it is about the whole image. */
  path: z.string().nullable(),
  detail: z.string(),
});
export type RebaseConflict = z.infer<typeof RebaseConflict>;

/** One setting of the image's configuration that follows the new base, or that the application keeps. */
export const RebaseSetting = z.object({
  /** `Env PATH`, `Entrypoint`, `Labels maintainer`. */
  name: z.string(),
  from: z.enum(['new-base', 'application']),
});
export type RebaseSetting = z.infer<typeof RebaseSetting>;

/** `pratique rebase --json`. `gone`, `left` and `new` are known only after a rescan. */
export const RebaseResult = z.object({
  from: Digest,
  /** Null where it was refused, or stands on that base already. */
  to: Digest.nullable(),
  platform: z.string(),
  oldBase: Digest,
  newBase: Digest,
  layers: z.object({
    /** Of the old base, which are gone. */
    replaced: z.number().int(),
    /** Of the new base. */
    with: z.number().int(),
    /** Of the application, byte for byte. */
    kept: z.number().int(),
  }),
  /** Why it was refused; empty where it was not. */
  conflicts: z.array(RebaseConflict),
  /** Conflicts beyond those that are listed. */
  moreConflicts: z.number().int().nonnegative(),
  /** Settings that differ between both bases or between base and application. */
  settings: z.array(RebaseSetting),
  gone: z.array(RepairFinding),
  left: z.array(RepairFinding),
  new: z.array(RepairFinding),
});
export type RebaseResult = z.infer<typeof RebaseResult>;

/** All images of an index are put on the new base, or none. */
export const RebaseReport = z.object({
  from: Digest,
  to: Digest.nullable(),
  /** Where it lies; null where there is none, or none was to be written. */
  destination: z.string().nullable(),
  images: z.array(RebaseResult),
  findings: z.object({ before: z.number().int(), after: z.number().int() }),
});
export type RebaseReport = z.infer<typeof RebaseReport>;

/** What another base would change. Counts are of findings, one for each hole in each package. */
export const BaseCandidate = z.object({
  reference: z.string(),
  digest: Digest,
  /** Of the base's findings those that it does not have, and those that it has and the base has not. */
  clears: z.number().int(),
  adds: z.number().int(),
  /** What the image would have then, the application's own included. */
  remaining: SeverityCounts,
});
export type BaseCandidate = z.infer<typeof BaseCandidate>;

export const BaseAdvice = z.object({
  subject: z.string(),
  digest: Digest,
  base: z.object({
    /** Null where only its digest is known. */
    reference: z.string().nullable(),
    digest: Digest,
    layers: z.number().int(),
    /** How it is known: said on the command line, by the image, or by the layers that it begins with. */
    known: z.enum(['given', 'said', 'layers']),
  }),
  findings: z.object({
    total: z.number().int(),
    fromBase: SeverityCounts,
    fromApplication: SeverityCounts,
  }),
  /** The one that leaves the least first. */
  candidates: z.array(BaseCandidate),
  /** Candidates that could not be scanned, and why: they may be better or worse. */
  unknown: z.array(z.object({ reference: z.string(), detail: z.string() })),
});
export type BaseAdvice = z.infer<typeof BaseAdvice>;
