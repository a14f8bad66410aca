/** How findings of application packages are cleared at the source: the shape of `pratique fix-plan --json`. */
import { z } from 'zod';
import { Digest } from './digest.ts';
import { PackageType } from './package.ts';

/** One package that goes to another version. */
export const FixUpgrade = z.object({
  type: PackageType,
  name: z.string(),
  from: z.string(),
  /** The smallest version of the same major that clears most, and is affected by nothing else that is known. */
  to: z.string(),
  /** Lock file or place in the image that the package is named by. */
  path: z.string(),
  /** Whether the project itself asks for it; null where nothing says so. */
  direct: z.boolean().nullable(),
  /** Ids of the findings that are gone then. */
  clears: z.array(z.string()),
  /** `patch`: the patch makes the change. `command`: only the ecosystem's own tool can, and `notes` say why. */
  change: z.enum(['patch', 'command']),
  /** Files that the patch changes for it. */
  files: z.array(z.string()),
  /** What somebody types in the project's folder, for the same change. */
  commands: z.array(z.string()),
  notes: z.array(z.string()),
});
export type FixUpgrade = z.infer<typeof FixUpgrade>;

export const FixLeftReason = z.enum([
  /** No version without it is known. */
  'no-fix',
  /** Only another major version has the fix. */
  'other-major',
  /** What depends on the package does not take the fixed version. */
  'parent-range',
  /** It lies inside another package, which has to bring a newer one. */
  'bundled',
  /** Its classes are part of another jar. */
  'shaded',
  /** A parent project or another file decides its version. */
  'managed-elsewhere',
  /** The distribution brings it. */
  'system-package',
  'unsupported-ecosystem',
  /** Its version cannot be compared, or the advisory's cannot. */
  'unknown-version',
]);
export type FixLeftReason = z.infer<typeof FixLeftReason>;

/** A finding that stays, and why. */
export const FixLeft = z.object({
  id: z.string(),
  type: z.string(),
  package: z.string(),
  version: z.string(),
  path: z.string(),
  reason: FixLeftReason,
  detail: z.string(),
  /** A greater change that would clear it. */
  offered: z.object({ version: z.string(), commands: z.array(z.string()) }).nullable(),
});
export type FixLeft = z.infer<typeof FixLeft>;

export const FixPlan = z.object({
  subject: z.string(),
  digest: Digest.nullable(),
  /** The upgrade that clears most first. */
  upgrades: z.array(FixUpgrade),
  left: z.array(FixLeft),
  /** A patch for `git apply`; null where no file can be changed honestly. */
  patch: z.string().nullable(),
});
export type FixPlan = z.infer<typeof FixPlan>;
