/** The verdict twice: as SLSA Verification Summary for everybody, and in full for those who know us. */
import { Decision, Digest, Reason, type Verdict } from '@pratique/contract';
import { z } from 'zod';
import type { Predicate } from '../statement.ts';
import { VERDICT, VSA } from './types.ts';

/** @see slsa.dev/spec/v1.1/verification_summary */
export const VerificationSummary = z.looseObject({
  verifier: z.looseObject({ id: z.string(), version: z.record(z.string(), z.string()).optional() }),
  timeVerified: z.string(),
  resourceUri: z.string(),
  policy: z.looseObject({ uri: z.string().optional(), digest: z.record(z.string(), z.string()).optional() }),
  verificationResult: z.enum(['PASSED', 'FAILED']),
  verifiedLevels: z.array(z.string()),
  slsaVersion: z.string().optional(),
});
export type VerificationSummary = z.infer<typeof VerificationSummary>;

/** Version 1 of our own predicate; fields are added, never changed. */
export const VerdictPredicate = z.looseObject({
  account: z.string(),
  repository: z.string(),
  digest: Digest,
  decision: Decision,
  reasons: z.array(Reason),
  inputHash: z.string(),
  decidedAt: z.string(),
  validUntil: z.string(),
});
export type VerdictPredicate = z.infer<typeof VerdictPredicate>;

export type SummaryContext = {
  /** URI of this installation. */
  verifier: string;
  version: string;
  /** The image as it is pulled, for example `pkg:oci/...` or `oci://host/account/repository@sha256:...`. */
  resourceUri: string;
  /** Digest of the policy bundle. */
  policyDigest: string;
};

/** PASSED or FAILED, by which policy, when. SLSA's own levels are not claimed: no build was verified. */
export function summaryPredicate(verdict: Verdict, context: SummaryContext): Predicate {
  const body: VerificationSummary = {
    verifier: { id: context.verifier, version: { pratique: context.version } },
    timeVerified: verdict.decidedAt,
    resourceUri: context.resourceUri,
    policy: {
      uri: `${context.verifier}/policies/${context.policyDigest}`,
      digest: { sha256: context.policyDigest.replace(/^sha256:/, '') },
    },
    verificationResult: verdict.decision === 'allow' ? 'PASSED' : 'FAILED',
    verifiedLevels: [verdict.decision === 'allow' ? 'PRATIQUE_POLICY_V1' : 'FAILED'],
    slsaVersion: '1.1',
  };
  return { type: VSA, body };
}

/** The verdict with its reasons and the hash of what it was decided from. */
export function verdictPredicate(verdict: Verdict): Predicate {
  const { account, repository, digest, decision, reasons, inputHash, decidedAt, validUntil } = verdict;
  return {
    type: VERDICT,
    body: {
      account,
      repository,
      digest,
      decision,
      reasons,
      inputHash,
      decidedAt,
      validUntil,
    } satisfies VerdictPredicate,
  };
}
