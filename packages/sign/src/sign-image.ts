/** Signs an image and attests what is known about it. */
import type { Descriptor } from '@pratique/oci';
import { bundleArtifact, evidenceArtifact, type SignedArtifact } from './artifact.ts';
import type { Signer } from './key.ts';
import { COSIGN_SIGN } from './predicates/types.ts';
import { createStatement, type Predicate, signStatement } from './statement.ts';

export type SignRequest = { subject: Descriptor; signer: Signer; created: Date };

/** The signature of an image that was allowed: `cosign verify --key` accepts it. */
export async function signImage({ subject, signer, created }: SignRequest): Promise<SignedArtifact> {
  return attestImage({ type: COSIGN_SIGN, body: {} }, { subject, signer, created });
}

/** An attestation beside a signature. Never for a denied image: cosign takes it for a signature; see attestDenial. */
export async function attestImage(
  predicate: Predicate,
  { subject, signer, created }: SignRequest,
): Promise<SignedArtifact> {
  const envelope = await signStatement(createStatement(subject.digest, predicate), signer);
  return bundleArtifact(envelope, signer.publicKey, { subject, predicateType: predicate.type, created });
}

/** What is said about a denied image, as one artifact that no verifier takes for a signature. */
export async function attestDenial(
  predicates: readonly Predicate[],
  { subject, signer, created }: SignRequest,
): Promise<SignedArtifact> {
  const statements = await Promise.all(
    predicates.map(async (predicate) => ({
      envelope: await signStatement(createStatement(subject.digest, predicate), signer),
      predicateType: predicate.type,
    })),
  );
  return evidenceArtifact(statements, { subject, created });
}
