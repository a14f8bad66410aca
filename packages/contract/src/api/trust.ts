/** The API about trust policies and images of other registries. */
import { z } from 'zod';
import { TrustPolicy } from '../trust-policy.ts';

export const TrustPolicyVersion = z.object({
  /** Counts from 1; 0 stands for no policy at all. */
  version: z.number().int(),
  digest: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
});
export type TrustPolicyVersion = z.infer<typeof TrustPolicyVersion>;

export const TrustPolicyInfo = TrustPolicyVersion.extend({
  /** null: the account has none, so every image of another registry is refused. */
  policy: TrustPolicy.nullable(),
});
export type TrustPolicyInfo = z.infer<typeof TrustPolicyInfo>;

export const TrustPolicyChange = z.object({
  /** The whole document, or its text as YAML; what is wrong in it is answered with its place. */
  policy: z.unknown(),
  /** Refuses the change unless this version is still the current one. */
  ifVersion: z.number().int().min(0).optional(),
});
export type TrustPolicyChange = z.infer<typeof TrustPolicyChange>;

const Looked = z.object({
  manifest: z.string(),
  form: z.string(),
  signer: z.string().nullable(),
  /** Why this one does not count; null: it does. */
  reason: z.string().nullable(),
});
export const TrustRuleResult = z.object({
  rule: z.string(),
  satisfied: z.boolean(),
  reasons: z.array(z.string()),
  requirements: z.array(
    z.object({
      predicateType: z.string().nullable(),
      satisfied: z.boolean(),
      needed: z.number().int(),
      counted: z.number().int(),
      authorities: z.array(z.object({ authority: z.string(), satisfied: z.boolean(), looked: z.array(Looked) })),
    }),
  ),
});
export type TrustRuleResult = z.infer<typeof TrustRuleResult>;

export const ForeignState = z.enum(['examining', 'trusted', 'refused', 'unreachable']);
export type ForeignState = z.infer<typeof ForeignState>;

export const TrustTest = z.object({
  reference: z.string().min(1).max(600),
  /** Tries this document, or YAML text, instead of the stored one. */
  policy: z.unknown().optional(),
});
export type TrustTest = z.infer<typeof TrustTest>;

export const TrustTestResult = z.object({
  reference: z.string(),
  name: z.string(),
  digest: z.string().nullable(),
  state: z.enum(['trusted', 'refused', 'unreachable', 'unmatched']),
  reasons: z.array(z.string()),
  rules: z.array(TrustRuleResult),
});
export type TrustTestResult = z.infer<typeof TrustTestResult>;

export const ForeignImage = z.object({
  name: z.string(),
  /** A tag, a digest, or tag@digest. */
  reference: z.string(),
  digest: z.string().nullable(),
  state: ForeignState,
  reasons: z.array(z.string()),
  rules: z.array(TrustRuleResult),
  policyVersion: z.number().int(),
  examinedAt: z.string().nullable(),
  validUntil: z.string().nullable(),
  askedAt: z.string(),
});
export type ForeignImage = z.infer<typeof ForeignImage>;

export const NewRegistryCredential = z.object({
  user: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^:\p{Cc}]+$/u, 'has no colon'),
  password: z.string().min(1).max(16_384),
});
export type NewRegistryCredential = z.infer<typeof NewRegistryCredential>;

/** Without the password, which is never answered. */
export const RegistryCredential = z.object({
  host: z.string(),
  user: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
});
export type RegistryCredential = z.infer<typeof RegistryCredential>;
