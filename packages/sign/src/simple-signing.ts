/** cosign 2's signatures: a small payload that names the digest, signed as it is. */
import { z } from 'zod';
import { type SignedArtifact, simpleSigningArtifact } from './artifact.ts';
import { SignError } from './error.ts';
import { isSignedBy, type PublicKey } from './key.ts';
import type { SignRequest } from './sign-image.ts';

const IMAGE_SIGNATURE = 'cosign container image signature';

const Payload = z.looseObject({
  critical: z.looseObject({
    image: z.looseObject({ 'docker-manifest-digest': z.string() }),
    type: z.literal(IMAGE_SIGNATURE),
  }),
});

/**
 * Verifies one signature of the tag `sha256-<hex>.sig`.
 *
 * @throws SignError `key-unknown` (no trusted key signed these bytes), `statement-invalid`, `subject-mismatch`
 * @see containers/image docs, "atomic container signature"; cosign 2 specs/SIGNATURE_SPEC.md
 */
export function verifySimpleSigning(
  payload: Buffer,
  signature: string,
  digest: string,
  keys: readonly PublicKey[],
): PublicKey {
  const key = keys.find((each) => isSignedBy(each, payload, Buffer.from(signature, 'base64')));
  if (!key) throw new SignError('key-unknown', 'no trusted key made the signature');
  requireSignedDigest(payload, digest);
  return key;
}

/**
 * A payload whose signature was verified must be about the image.
 * @throws SignError `statement-invalid`, `subject-mismatch`
 */
export function requireSignedDigest(payload: Buffer, digest: string): void {
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch (cause) {
    throw new SignError('statement-invalid', 'the signed payload is not JSON', { cause });
  }
  const parsed = Payload.safeParse(json);
  if (!parsed.success)
    throw new SignError('statement-invalid', 'the signed payload is no signature of a container image');
  const signed = parsed.data.critical.image['docker-manifest-digest'];
  if (signed !== digest)
    throw new SignError('subject-mismatch', `the signature is about ${signed.slice(0, 71)}, not about ${digest}`);
}

/**
 * cosign 2's signature of an image that was allowed, for verifiers that know no bundles; cosign 3 looks for it where there are none.
 * @param reference the image as it is named to users, without digest; not part of any decision
 */
export async function signSimple(
  reference: string,
  { subject, signer, created }: SignRequest,
): Promise<SignedArtifact> {
  const critical = {
    identity: { 'docker-reference': reference },
    image: { 'docker-manifest-digest': subject.digest },
    type: IMAGE_SIGNATURE,
  };
  const payload = Buffer.from(JSON.stringify({ critical, optional: null }));
  const signature = (await signer.sign(payload)).toString('base64');
  return simpleSigningArtifact(payload, signature, { subject, created });
}
