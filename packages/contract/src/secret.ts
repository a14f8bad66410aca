/** Secrets found in an image: redacted where they are found, recognised again by a salted fingerprint. */
import { z } from 'zod';
import { Digest } from './digest.ts';
import { Severity } from './finding.ts';

/** HMAC-SHA256 under the installation's salt, of the kind, a NUL and the secret: 64 hexadecimal digits. */
export const SecretFingerprint = z.string().regex(/^[0-9a-f]{64}$/);
export type SecretFingerprint = z.infer<typeof SecretFingerprint>;

/** `reachable`: in what a container sees; `removed-later`: a later layer deletes or replaces it, and whoever pulls has it. */
export const SecretState = z.enum(['reachable', 'removed-later']);
export type SecretState = z.infer<typeof SecretState>;

/** Where a secret lies: in a file of a layer, or in the image's configuration. */
export const SecretPlace = z.object({
  where: z.enum(['file', 'environment', 'label', 'history', 'command']),
  /** Of the file, without a leading slash, `outer.zip!inner/file` in archives; else the variable's or label's name, or the step's number. */
  path: z.string(),
  /** From 1, in bytes. */
  line: z.number().int().positive(),
  column: z.number().int().positive(),
  /** Digest of the layer's blob; null where there is none. */
  layer: Digest.nullable(),
  state: SecretState,
});
export type SecretPlace = z.infer<typeof SecretPlace>;

/** One secret with the places that it is at. The secret itself is in none of its fields. */
export const Secret = z.object({
  /** The kind, for example `github-personal-access-token`. */
  id: z.string(),
  title: z.string(),
  severity: Severity,
  /** The beginning that all secrets of the kind have, and `…`. */
  redacted: z.string(),
  fingerprint: SecretFingerprint,
  /** Reachable where one of its places is. */
  state: SecretState,
  /** The first ones, reachable ones before others. */
  places: z.array(SecretPlace),
  /** How many there are. */
  placeCount: z.number().int().positive(),
});
export type Secret = z.infer<typeof Secret>;

/** Lets secrets pass: those of a kind, one by its fingerprint, or all at paths. What is named must all be true of it. */
export const SecretAllow = z
  .object({
    kind: z.string().min(1).optional(),
    fingerprint: SecretFingerprint.optional(),
    /** As in repository patterns: `*` within a part, `**` across parts. All places of a secret must match. */
    path: z.string().min(1).max(500).optional(),
    owner: z.string().min(1),
    reason: z.string().min(1),
    /** The last day on which it holds, in UTC: `2027-01-31`. */
    expires: z.iso.date(),
  })
  .strict()
  .refine((rule) => rule.kind ?? rule.fingerprint ?? rule.path, 'names a kind, a fingerprint or a path');
export type SecretAllow = z.infer<typeof SecretAllow>;
