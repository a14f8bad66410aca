/** The delivery chain an account defines, and the runs of it. */
import { z } from 'zod';

export const StepKind = z.enum(['inventory', 'scan', 'gate', 'sign', 'attest', 'deliver', 'approval', 'repair']);
export type StepKind = z.infer<typeof StepKind>;

export const StepState = z.enum(['queued', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'denied']);
export type StepState = z.infer<typeof StepState>;

export const RunState = z.enum(['queued', 'running', 'waiting', 'succeeded', 'failed', 'denied']);
export type RunState = z.infer<typeof RunState>;

const StepName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a step name is lower-case letters, digits and dashes');

export const Step = z.object({
  name: StepName,
  kind: StepKind,
  needs: z.array(StepName).default([]),
  /** Steps that run only when this one denies. */
  on_deny: z.array(StepName).default([]),
  /** Parameters of the kind, for example `to` of deliver or `approvers` of approval. */
  with: z.record(z.string(), z.unknown()).default({}),
});
export type Step = z.infer<typeof Step>;

export const ChainDefinition = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/),
  /** Repository pattern: `*` matches within a path segment, `**` across segments. */
  repositories: z.array(z.string().min(1).max(200)).min(1).max(50),
  steps: z.array(Step).min(1).max(40),
});
export type ChainDefinition = z.infer<typeof ChainDefinition>;
