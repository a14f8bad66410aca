/** How an image's configuration and contents stand against a list of good practice. */
import { z } from 'zod';
import { Severity } from './finding.ts';

export const BaselineProfile = z.enum(['cis-docker-4', 'hardened', 'minimal']);
export type BaselineProfile = z.infer<typeof BaselineProfile>;

/** `not-examined`: what the check needs was not there to look at. It is never counted as passed. */
export const BaselineStatus = z.enum(['passed', 'failed', 'not-applicable', 'not-examined']);
export type BaselineStatus = z.infer<typeof BaselineStatus>;

export const BaselineResult = z.object({
  /** `user-is-root`; stays the same whatever the title says. */
  id: z.string(),
  title: z.string(),
  /** Why it matters, and what to do about it: one sentence each. */
  reason: z.string(),
  fix: z.string(),
  severity: Severity,
  profiles: z.array(BaselineProfile),
  status: BaselineStatus,
  /** Why the check does not apply, or could not be made; null otherwise. */
  detail: z.string().nullable(),
  /** Paths, settings or steps that made it fail: the first ones. Never a value that may be secret. */
  evidence: z.array(z.string()),
  evidenceCount: z.number().int().nonnegative(),
});
export type BaselineResult = z.infer<typeof BaselineResult>;

export const BaselineReport = z.object({
  /** Content-addressed: the checks and the version of their logic. */
  revision: z.string(),
  /** Null where all checks were made. */
  profile: BaselineProfile.nullable(),
  results: z.array(BaselineResult),
});
export type BaselineReport = z.infer<typeof BaselineReport>;
