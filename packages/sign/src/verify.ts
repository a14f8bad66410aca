/** Decides whether an image is signed by somebody who is trusted. */
import { Digest } from '@pratique/contract';
import type { ContentSource } from '@pratique/oci';
import { type Candidate, discover } from './discover.ts';
import { IN_TOTO, verifyEnvelope } from './dsse.ts';
import { SignError } from './error.ts';
import { type PublicKey, readPublicKey } from './key.ts';
import { COSIGN_SIGN } from './predicates/types.ts';
import { refuseFailedVerdict } from './refuse-failed-verdict.ts';
import { verifySimpleSigning } from './simple-signing.ts';
import { parseStatement, requireSubject } from './statement.ts';

/** A key that is trusted; after `validUntil` its signatures count no more. */
export type TrustedKey = { pem: string; validUntil?: Date };

export type VerifyRequest = {
  digest: string;
  source: ContentSource;
  trust: { keys: readonly (string | TrustedKey)[] };
  /** Predicate types that must be attested by a trusted key, besides the signature. */
  predicates?: readonly string[];
  now?: Date;
};

/** One statement that a trusted key made about the image. */
export type VerifiedStatement = {
  predicateType: string;
  /** Unknown to us beyond its type; null for a signature of cosign 2. */
  predicate: unknown;
  /** `sha256:<hex>` of the key that signed it. */
  signer: string;
  form: 'bundle' | 'envelope' | 'simple';
  /** Digest of the manifest it was found in. */
  manifest: string;
};

export type VerifiedImage = { digest: string; signatures: VerifiedStatement[]; attestations: VerifiedStatement[] };

/**
 * Answers what trusted keys say about an image, and throws unless one of them signed it.
 *
 * A signature is a bundle of the type cosign/sign/v1 or a payload of cosign 2; an attestation alone is none. Every
 * statement's subject must be the digest. A verification summary that says FAILED, and none later that says PASSED,
 * overrules signatures: withdrawing them may lag behind the denial.
 *
 * @throws SignError `no-signature`, `signature-invalid`, `key-unknown`, `key-expired`, `subject-mismatch`, `bundle-invalid`,
 *   `statement-invalid`, `verdict-failed`, `predicate-missing`, `source-failed`, `key-invalid`
 */
export async function verifyImage({
  digest,
  source,
  trust,
  predicates = [],
  now = new Date(),
}: VerifyRequest): Promise<VerifiedImage> {
  const keys = readTrust(trust.keys);
  const outcomes = (await discover(source, Digest.parse(digest))).candidates.map((candidate) =>
    verifyCandidate(candidate, digest, keys, now),
  );
  const verified = outcomes.filter(isVerified);
  const signatures = verified.filter(isSignature);
  const attestations = verified.filter((statement) => !isSignature(statement));
  refuseFailedVerdict(attestations);
  if (signatures.length === 0)
    throw mostTelling(
      outcomes.filter((outcome) => outcome instanceof SignError),
      digest,
    );
  const missing = predicates.find((type) => !attestations.some((statement) => statement.predicateType === type));
  if (missing !== undefined) throw new SignError('predicate-missing', `no trusted key attests ${missing} of ${digest}`);
  return { digest, signatures, attestations };
}

/**
 * All that trusted keys say about a digest, signed or not: for reading a denial and its reasons. Decides nothing.
 * @throws SignError `source-failed`, `key-invalid`
 */
export async function readStatements({
  digest,
  source,
  trust,
  now = new Date(),
}: Omit<VerifyRequest, 'predicates'>): Promise<VerifiedStatement[]> {
  const keys = readTrust(trust.keys);
  const outcomes = (await discover(source, Digest.parse(digest))).candidates.map((candidate) =>
    verifyCandidate(candidate, digest, keys, now),
  );
  return outcomes.filter(isVerified);
}

type ReadKey = PublicKey & { validUntil: Date | null };

function readTrust(trusted: VerifyRequest['trust']['keys']): ReadKey[] {
  if (trusted.length === 0) throw new SignError('key-unknown', 'no key is trusted, so no signature can be');
  return trusted.map((key) =>
    typeof key === 'string'
      ? { ...readPublicKey(key), validUntil: null }
      : { ...readPublicKey(key.pem), validUntil: key.validUntil ?? null },
  );
}

function verifyCandidate(
  candidate: Candidate,
  digest: string,
  keys: readonly ReadKey[],
  now: Date,
): VerifiedStatement | SignError {
  try {
    if (candidate.form === 'broken') throw candidate.error;
    const { form, manifest } = candidate;
    if (form === 'simple') {
      const key = requireCurrent(verifySimpleSigning(candidate.payload, candidate.signature, digest, keys), keys, now);
      return { predicateType: COSIGN_SIGN, predicate: null, signer: key.fingerprint, form, manifest };
    }
    // A signature over the bare bytes names no purpose; the trust policy takes it, a key alone does not.
    if (form === 'message') throw new SignError('statement-invalid', 'the bundle signs bytes, it states nothing');
    const hint = form === 'bundle' ? (candidate.hint ?? undefined) : undefined;
    if (candidate.envelope.payloadType !== IN_TOTO)
      throw new SignError('statement-invalid', 'the envelope holds no in-toto statement');
    const { payload, key } = verifyEnvelope(candidate.envelope, keys, hint);
    requireCurrent(key, keys, now);
    const statement = parseStatement(payload);
    requireSubject(statement, digest);
    return {
      predicateType: statement.predicateType,
      predicate: statement.predicate,
      signer: key.fingerprint,
      form,
      manifest,
    };
  } catch (error) {
    if (error instanceof SignError) return error;
    throw error;
  }
}

function isVerified(outcome: VerifiedStatement | SignError): outcome is VerifiedStatement {
  return !(outcome instanceof SignError);
}

function requireCurrent(key: PublicKey, keys: readonly ReadKey[], now: Date): PublicKey {
  const until = keys.find(({ fingerprint }) => fingerprint === key.fingerprint)?.validUntil;
  if (until && until <= now)
    throw new SignError('key-expired', `the key ${key.fingerprint} is not trusted since ${until.toISOString()}`);
  return key;
}

/** Only what says that it is a signature: an SBOM by the same key says nothing about whether the image may run. */
function isSignature(statement: VerifiedStatement): boolean {
  return statement.predicateType === COSIGN_SIGN && statement.form !== 'envelope';
}

const TELLING = [
  'signature-invalid',
  'subject-mismatch',
  'key-expired',
  'statement-invalid',
  'bundle-invalid',
  'key-unknown',
] as const;

function mostTelling(errors: readonly SignError[], digest: string): SignError {
  for (const code of TELLING) {
    const found = errors.find((error) => error.code === code);
    if (found) return found;
  }
  return new SignError('no-signature', `nobody signed ${digest}`);
}
