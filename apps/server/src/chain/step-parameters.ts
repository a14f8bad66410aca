/** What may stand under `with` of a step, by its kind; checked when a chain is defined and again when it runs. */
import { RepairScope, RepairTagging, type StepKind } from '@pratique/contract';
import { z } from 'zod';

export const PREDICATES = ['verdict', 'spdx', 'cyclonedx', 'vulns', 'vex', 'provenance'] as const;

export const AttestParameters = z.object({
  predicates: z.array(z.enum(PREDICATES)).min(1).max(PREDICATES.length).default(['verdict']),
});

/** `to`: `ACCOUNT/NAME[:tag]` each; without a tag the image keeps its own. */
export const DeliverParameters = z.object({ to: z.array(z.string().min(3).max(400)).max(100).default([]) });

const Approver = z
  .string()
  .max(200)
  .regex(
    /^(role:(owner|maintainer|developer)|[^:\s]+)$/,
    'is a person’s name, or role:owner, role:maintainer, role:developer',
  );

/** How many must approve, who may (none: maintainers and owners), and hours after which not answering is refusing. */
export const ApprovalParameters = z.object({
  approvals: z.number().int().min(1).max(20).default(1),
  approvers: z.array(Approver).max(50).default([]),
  expires_hours: z.number().int().min(1).max(2160).nullable().default(null),
});

/** `upgrades`: all that the image's suites offer, or only what clears findings. `tag`: see RepairTagging. */
export const RepairParameters = z.object({
  upgrades: RepairScope.default('all'),
  tag: RepairTagging.default('suffix'),
  /** Says what a repair would do, and does nothing. */
  preview: z.boolean().default(false),
  /** Starts both images for some seconds in the sandbox; one that starts otherwise is no repair. */
  smoke_start: z.boolean().default(false),
});

const Any = z.record(z.string(), z.unknown());

export const STEP_PARAMETERS: Record<StepKind, z.ZodType> = {
  inventory: Any,
  scan: Any,
  gate: Any,
  sign: Any,
  attest: AttestParameters,
  deliver: DeliverParameters,
  approval: ApprovalParameters,
  repair: RepairParameters,
};
