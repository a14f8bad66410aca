/** What is asked of the signer and what it answers. */
import { Digest } from '@pratique/contract';
import { z } from 'zod';

export const SignOrder = z.object({
  /** null: the key of the instance. */
  accountId: z.uuid().nullable(),
  /** `signature` and `attestation` are for images that were allowed; `denial` is the form that no verifier takes for a signature. */
  form: z.enum(['signature', 'attestation', 'denial']),
  subject: z.object({ digest: Digest, size: z.number().int(), mediaType: z.string() }),
  /** Empty for a signature, one for an attestation, any number for a denial. */
  predicates: z.array(z.object({ type: z.string(), body: z.unknown() })).max(10),
  /** ISO 8601. */
  created: z.string(),
});
export type SignOrder = z.infer<typeof SignOrder>;

const StoredBlob = z.object({ digest: Digest, size: z.number().int(), mediaType: z.string(), base64: z.string() });

export const SignAnswer = z.object({
  keyId: z.string(),
  manifest: z.object({ digest: Digest, mediaType: z.string(), base64: z.string() }),
  blobs: z.array(StoredBlob),
  tag: z.string().nullable(),
});
export type SignAnswer = z.infer<typeof SignAnswer>;
