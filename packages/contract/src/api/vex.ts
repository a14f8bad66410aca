/** VEX documents of an account: whose statements count for its images. */
import { z } from 'zod';
import { VexApplied } from '../finding.ts';

/** What a maintainer adds: the file as it is, OpenVEX, CSAF or CycloneDX in JSON. */
export const NewVexDocument = z.object({ content: z.string().min(2).max(16_000_000) });
export type NewVexDocument = z.infer<typeof NewVexDocument>;

export const VexDocumentInfo = z.object({
  id: z.uuid(),
  /** The id that the document gives itself. */
  document: z.string(),
  author: z.string().nullable(),
  /** `attestation`: attached to an image and signed. */
  source: z.enum(['file', 'attestation']),
  /** The image that an attestation is attached to; null for a file, which may speak of any. */
  image: z.object({ repository: z.string(), digest: z.string() }).nullable(),
  signer: z.string().nullable(),
  state: z.enum(['in-force', 'refused', 'withdrawn']),
  /** Why an attestation does not count. */
  refused: z.string().nullable(),
  statements: z.number().int(),
  addedBy: z.string(),
  addedAt: z.string(),
  withdrawnBy: z.string().nullable(),
  withdrawnAt: z.string().nullable(),
});
export type VexDocumentInfo = z.infer<typeof VexDocumentInfo>;

export const VexStatementInfo = VexApplied.pick({
  status: true,
  justification: true,
  statement: true,
  at: true,
}).extend({
  /** The hole, by all its names. */
  names: z.array(z.string()),
  products: z.array(z.object({ id: z.string(), components: z.array(z.string()) })),
});
export type VexStatementInfo = z.infer<typeof VexStatementInfo>;

/** With its first thousand statements. */
export const VexDocumentContent = VexDocumentInfo.extend({ shown: z.array(VexStatementInfo) });
export type VexDocumentContent = z.infer<typeof VexDocumentContent>;
