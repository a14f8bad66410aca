/** Policies: ConstraintTemplates and constraints, Gatekeeper's form, for images and for Kubernetes objects. */
import { z } from 'zod';
import { BaselineResult } from './baseline.ts';
import { VexApplied } from './finding.ts';
import { MalwareMatch, Unexamined } from './malware.ts';
import { Secret } from './secret.ts';

export const TARGETS = { image: 'image.pratique.dev', kubernetes: 'admission.k8s.gatekeeper.sh' } as const;

export const EnforcementAction = z.enum(['deny', 'warn', 'dryrun']);
export type EnforcementAction = z.infer<typeof EnforcementAction>;

/** One result of evaluating one constraint on one review. An evaluation error is a violation with its text. */
export const Violation = z.object({
  /** metadata.name of the constraint. */
  constraint: z.string(),
  /** kind of the constraint, as its template names it. */
  template: z.string(),
  action: EnforcementAction,
  msg: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type Violation = z.infer<typeof Violation>;

/** Name of the exception that covers it; null when none does. */
const Excepted = { exception: z.string().nullable().default(null) };

/** What policies see of an image's contents: of each list a thousand at most, what no exception covers before others. */
export const ReviewContents = z.object({
  /** Names the rules that looked. */
  revision: z.string(),
  /** How many there are of each, whatever the lists have. */
  counts: z.object({
    secrets: z.number().int(),
    malware: z.number().int(),
    unexamined: z.number().int(),
    failedChecks: z.number().int(),
  }),
  /** The worst first. The secrets themselves are in none of their fields. */
  secrets: z.array(Secret.extend(Excepted)),
  malware: z.array(MalwareMatch.extend(Excepted)),
  /** Checks that failed, and those that could not be made. */
  baseline: z.array(BaselineResult.extend(Excepted)),
  /** Contents that could not be looked into, or not wholly. */
  unexamined: z.array(Unexamined),
});
export type ReviewContents = z.infer<typeof ReviewContents>;

/** What a policy for `image.pratique.dev` sees as `input.review`. Stable: fields are added, never changed. */
export const ImageReview = z.object({
  image: z.object({
    account: z.string(),
    repository: z.string(),
    digest: z.string(),
    tags: z.array(z.string()),
    platform: z.object({ os: z.string(), architecture: z.string() }),
    /** ISO 8601 from the image configuration; null when it says nothing. */
    created: z.string().nullable(),
    ageDays: z.number().nullable(),
    user: z.string(),
    entrypoint: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
    layers: z.number().int(),
  }),
  distribution: z
    .object({
      id: z.string(),
      version: z.string(),
      name: z.string(),
      /** known: in our table of releases; supported: security updates are still made, long-term support included. */
      known: z.boolean(),
      supported: z.boolean(),
      supportEnds: z.string().nullable(),
    })
    .nullable(),
  inventory: z.object({
    packages: z.number().int(),
    complete: z.boolean(),
    missing: z.array(z.object({ kind: z.string(), what: z.string(), path: z.string(), detail: z.string() })),
  }),
  findings: z.array(
    z.object({
      id: z.string(),
      aliases: z.array(z.string()),
      severity: z.string(),
      status: z.string(),
      fixedVersion: z.string().nullable(),
      exploited: z.boolean(),
      package: z.object({ name: z.string(), version: z.string(), type: z.string(), purl: z.string() }),
      /** Name of the exception that covers the finding; null when none does. */
      exception: z.string().nullable(),
      /** ISO 8601: when it became known, if that was after this image had been allowed here; null otherwise. */
      newSince: z.string().nullable().default(null),
      /** What somebody who knows the product states of it; a finding so cleared has the status `not-affected`. */
      vex: VexApplied.optional(),
    }),
  ),
  /** Ecosystems without an advisory source. */
  uncovered: z.array(z.object({ ecosystem: z.string(), packages: z.number().int(), reason: z.string() })),
  /** Null where the contents were not examined: then nothing is known of them, and they are not clean. */
  contents: ReviewContents.nullable().default(null),
  /** Why they were not examined; null where they were, or nobody looked yet. */
  contentsFailure: z.string().nullable().default(null),
});
export type ImageReview = z.infer<typeof ImageReview>;
