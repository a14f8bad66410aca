/** The whole way to a decision, in the order in which it was gone. */
import { z } from 'zod';
import { Digest } from '../digest.ts';
import { Evidence } from '../finding.ts';
import { Reason, Verdict } from '../verdict.ts';
import { Renewal } from './image.ts';

/** One reason with what it rests on. */
export const ExplainedReason = z.object({
  reason: Reason,
  /** What was compared with what, where the reason is a finding. */
  evidence: Evidence.nullable(),
  /** The exception that keeps it from denying; null where none does. */
  exception: z
    .object({ name: z.string(), owner: z.string(), approver: z.string().nullable(), until: z.string() })
    .nullable(),
  /** Until when it only warns; null where it has no time of grace. */
  graceUntil: z.string().nullable(),
});
export type ExplainedReason = z.infer<typeof ExplainedReason>;

export const Explanation = z.object({
  account: z.string(),
  repository: z.string(),
  reference: z.string(),
  digest: Digest,
  tags: z.array(z.string()),
  /** One sentence: may it run, and why. */
  summary: z.string(),
  verdict: Verdict.nullable(),
  /** When it is looked at again, and why the last look failed, if it did. */
  renewal: Renewal.nullable(),
  revocation: z.object({ by: z.string(), at: z.string(), reason: z.string() }).nullable(),
  reasons: z.array(ExplainedReason),
  /** What the verdict was decided from, and whether it would be decided from the same today. */
  inputs: z.array(z.object({ name: z.string(), value: z.string(), current: z.boolean(), detail: z.string() })),
  /** Policies that looked at the image, with what they said. */
  policies: z.array(
    z.object({ constraint: z.string(), template: z.string(), action: z.string(), violations: z.number().int() }),
  ),
  /** Everything that happened to it, oldest first. */
  history: z.array(z.object({ at: z.string(), what: z.string(), sentence: z.string() })),
  /** What one could do now. */
  next: z.array(z.string()),
});
export type Explanation = z.infer<typeof Explanation>;
