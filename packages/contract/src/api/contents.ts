/** What is in the contents of images, as lists and pages tell it: of one image, and of all that an account holds. */
import { z } from 'zod';
import { BaselineResult } from '../baseline.ts';
import { Digest } from '../digest.ts';
import { Severity } from '../finding.ts';
import { MalwareMatch, Unexamined } from '../malware.ts';
import { Secret, SecretFingerprint, SecretPlace, SecretState } from '../secret.ts';
import { Cursor } from './holders.ts';

export const ContentCounts = z.object({
  secrets: z.number().int(),
  reachableSecrets: z.number().int(),
  malware: z.number().int(),
  /** Contents that could not be looked into, or not wholly. */
  unexamined: z.number().int(),
  failedChecks: z.number().int(),
  passedChecks: z.number().int(),
});
export type ContentCounts = z.infer<typeof ContentCounts>;

export const ImageContents = z.object({
  /** Of the platform's manifest. */
  digest: Digest,
  /** Null where nothing is known: nobody looked yet, or they could not be examined. */
  counts: ContentCounts.nullable(),
  examinedAt: z.string().nullable(),
  /** Why they could not be examined. */
  failure: z.string().nullable(),
  /** Whether the rules that looked are those of now; they are looked into again in the background. */
  current: z.boolean(),
  /** Checks that passed, by id, and those that do not apply; the others have a list. */
  passed: z.array(z.string()),
  notApplicable: z.array(z.object({ id: z.string(), detail: z.string().nullable() })),
});
export type ImageContents = z.infer<typeof ImageContents>;

const next = z.string().nullable();
/** Name of the exception in force that covers it. */
const Excepted = { exception: z.string().nullable() };
export const ImageSecrets = z.object({ secrets: z.array(Secret.extend(Excepted)), next });
export type ImageSecrets = z.infer<typeof ImageSecrets>;
export const ImageMalware = z.object({ malware: z.array(MalwareMatch.extend(Excepted)), next });
export type ImageMalware = z.infer<typeof ImageMalware>;
/** Those that failed, and those that could not be made. */
export const ImageChecks = z.object({ checks: z.array(BaselineResult.extend(Excepted)), next });
export type ImageChecks = z.infer<typeof ImageChecks>;
export const ImageUnexamined = z.object({ unexamined: z.array(Unexamined), next });
export type ImageUnexamined = z.infer<typeof ImageUnexamined>;

/** One secret in all images of an account that hold it. */
export const HeldSecret = z.object({
  fingerprint: SecretFingerprint,
  kind: z.string(),
  title: z.string(),
  severity: Severity,
  redacted: z.string(),
  /** Reachable where it is in one of them. */
  state: SecretState,
  /** What repositories hold by a digest: the same bytes in two of them are two. */
  images: z.number().int(),
  repositories: z.number().int(),
});
export type HeldSecret = z.infer<typeof HeldSecret>;
export const SecretQuery = z.object({
  kind: z.string().min(1).max(100).optional(),
  severity: Severity.optional(),
  state: SecretState.optional(),
  repository: z.string().min(1).max(255).optional(),
  after: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type SecretQuery = z.infer<typeof SecretQuery>;
/** The worst first. */
export const HeldSecrets = z.object({ secrets: z.array(HeldSecret), next });
export type HeldSecrets = z.infer<typeof HeldSecrets>;

const Holder = {
  repository: z.string(),
  digest: Digest,
  /** That name it, or an index that lists it; at most 20. */
  tags: z.array(z.string()),
  /** Null: nobody has decided. */
  decision: z.enum(['allow', 'deny']).nullable(),
  verdictState: z.string().nullable(),
};
export const SecretHolder = z.object({
  ...Holder,
  state: SecretState,
  places: z.array(SecretPlace),
  placeCount: z.number().int(),
});
export type SecretHolder = z.infer<typeof SecretHolder>;
export const SecretHolders = z.object({ images: z.array(SecretHolder), next });
export type SecretHolders = z.infer<typeof SecretHolders>;

export const MalwareQuery = z.object({
  rule: z.string().min(1).max(200).optional(),
  repository: z.string().min(1).max(255).optional(),
  after: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type MalwareQuery = z.infer<typeof MalwareQuery>;
export const HeldMalware = z.object({ malware: z.array(z.object({ ...Holder, match: MalwareMatch })), next });
export type HeldMalware = z.infer<typeof HeldMalware>;

/** Images of an account, by what is known of their contents. */
export const ContentOverview = z.object({
  withSecrets: z.number().int(),
  withReachableSecrets: z.number().int(),
  withMalware: z.number().int(),
  /** Of which packages are known and contents are not. */
  notExamined: z.number().int(),
});
export type ContentOverview = z.infer<typeof ContentOverview>;
