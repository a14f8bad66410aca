/** The gate's decision on one image for one account and repository. */
import { z } from 'zod';
import { Digest } from './digest.ts';

export const Decision = z.enum(['allow', 'deny']);
export type Decision = z.infer<typeof Decision>;

export const VerdictState = z.enum(['pending', 'valid', 'expired', 'revoked', 'superseded']);
export type VerdictState = z.infer<typeof VerdictState>;

/** One violation of one constraint, or a warning. */
export const Reason = z.object({
  constraint: z.string(),
  template: z.string(),
  action: z.enum(['deny', 'warn', 'dryrun']),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type Reason = z.infer<typeof Reason>;

export const Verdict = z.object({
  account: z.string(),
  repository: z.string(),
  digest: Digest,
  decision: Decision,
  state: VerdictState,
  reasons: z.array(Reason),
  /** sha256 over the canonical JSON of everything the verdict was decided from. */
  inputHash: z.string(),
  /** ISO 8601. */
  decidedAt: z.string(),
  validUntil: z.string(),
});
export type Verdict = z.infer<typeof Verdict>;
