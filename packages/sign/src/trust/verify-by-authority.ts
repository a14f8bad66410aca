/** One signature against one authority: who made it, and what it says about the image; or why it does not count. */
import { createHash } from 'node:crypto';
import { type TrustMaterial, toSignedEntity, Verifier } from '@sigstore/verify';
import type { Candidate } from '../discover.ts';
import { IN_TOTO, verifyEnvelope } from '../dsse.ts';
import { SignError } from '../error.ts';
import { isSignedBy, type PublicKey } from '../key.ts';
import { COSIGN_SIGN } from '../predicates/types.ts';
import { requireSignedDigest, verifySimpleSigning } from '../simple-signing.ts';
import { parseStatement, requireSubject } from '../statement.ts';
import { readIdentity } from './certificate-identity.ts';
import type { CompiledAuthority } from './compile-policy.ts';
import { type SigstoreEntity, toSigstoreEntity } from './sigstore-entity.ts';

/** The image as its registry answered it; the digest was computed from the bytes. */
export type Subject = { digest: string; manifest: Buffer };
export type Sound = Exclude<Candidate, { form: 'broken' }>;

export type AuthorityStatement = {
  predicateType: string;
  predicate: unknown;
  /** Fingerprint of the key, or subject and issuer of the certificate: two statements of one signer have the same. */
  signer: string;
  form: Sound['form'];
  manifest: string;
  /** Says that the image may be used; other statements only say something about it. */
  isSignature: boolean;
};

/**
 * @throws SignError `key-unknown`, `signature-invalid`, `subject-mismatch`, `statement-invalid`, `bundle-invalid`
 */
export function verifyByAuthority(
  candidate: Sound,
  authority: CompiledAuthority,
  subject: Subject,
): AuthorityStatement {
  if (authority.kind === 'key') {
    const statement = verifyByKey(candidate, authority.keys, subject);
    if (authority.log) requireLog(candidate, authority.keys, statement.signer, authority.log, subject);
    return statement;
  }
  const entity = toSigstoreEntity(candidate, subject.manifest);
  const certificate = certificateOf(entity);
  runVerifier(entity, authority.root, { log: authority.log, certificateLog: authority.certificateLog });
  const identity = guard(() => readIdentity(certificate));
  if (identity.issuer !== authority.issuer)
    throw new SignError('key-unknown', `its signer was known to ${quote(identity.issuer)}, not to ${authority.issuer}`);
  if (!authority.subject.matches(identity.subject))
    throw new SignError('key-unknown', `its signer is ${quote(identity.subject)}, not ${authority.subject.text}`);
  for (const { name, matcher } of authority.extensions) {
    const value = identity.extension(name);
    if (value === null || !matcher.matches(value))
      throw new SignError('key-unknown', `its ${name} is ${quote(value)}, not ${matcher.text}`);
  }
  return { ...readContent(candidate, entity, subject), signer: `${identity.subject} (${identity.issuer})` };
}

function verifyByKey(candidate: Sound, keys: readonly PublicKey[], subject: Subject): AuthorityStatement {
  const { form, manifest } = candidate;
  const signature = { predicateType: COSIGN_SIGN, predicate: null, form, manifest, isSignature: true };
  if (candidate.form === 'simple') {
    const key = verifySimpleSigning(candidate.payload, candidate.signature, subject.digest, keys);
    return { ...signature, signer: key.fingerprint };
  }
  if (candidate.form === 'message') {
    const bytes = Buffer.from(candidate.message.signature, 'base64');
    const key = keys.find((each) => isSignedBy(each, subject.manifest, bytes));
    if (!key) throw new SignError('key-unknown', 'the key did not sign this image’s manifest');
    return { ...signature, signer: key.fingerprint };
  }
  if (candidate.envelope.payloadType !== IN_TOTO)
    throw new SignError('statement-invalid', 'the envelope holds no in-toto statement');
  const hint = candidate.form === 'bundle' ? (candidate.hint ?? undefined) : undefined;
  const { payload, key } = verifyEnvelope(candidate.envelope, keys, hint);
  return { ...readStatement(payload, candidate, subject), signer: key.fingerprint };
}

/** What was verified says: read from the very bytes that the verifier saw. */
function readContent(
  candidate: Sound,
  { bundle, artifact }: SigstoreEntity,
  subject: Subject,
): Omit<AuthorityStatement, 'signer'> {
  const { form, manifest } = candidate;
  const signature = { predicateType: COSIGN_SIGN, predicate: null, form, manifest, isSignature: true };
  if (bundle.content.$case === 'dsseEnvelope') {
    const { payload, payloadType } = bundle.content.dsseEnvelope;
    if (payloadType !== IN_TOTO) throw new SignError('statement-invalid', 'the envelope holds no in-toto statement');
    return readStatement(payload, candidate, subject);
  }
  if (candidate.form === 'simple') requireSignedDigest(candidate.payload, subject.digest);
  else if (artifact === null || !artifact.equals(subject.manifest))
    throw new SignError('subject-mismatch', 'the bundle signs other bytes than the image’s manifest');
  return signature;
}

function readStatement(
  payload: Buffer,
  { form, manifest }: Sound,
  subject: Subject,
): Omit<AuthorityStatement, 'signer'> {
  const { predicateType, predicate, ...statement } = parseStatement(payload);
  requireSubject({ ...statement, predicateType, predicate }, subject.digest);
  // An SBOM by the same key says nothing about whether the image may run.
  return { predicateType, predicate, form, manifest, isSignature: predicateType === COSIGN_SIGN && form === 'bundle' };
}

function certificateOf(entity: SigstoreEntity) {
  const { key } = guard(() => toSignedEntity(entity.bundle, entity.artifact ?? undefined));
  if (key.$case === 'certificate') return key.certificate;
  throw new SignError('key-unknown', 'it was made with a key, not with a certificate');
}

/** The log's word counts for this signature by this key, whatever hint the bundle carries. */
function requireLog(
  candidate: Sound,
  keys: readonly PublicKey[],
  signer: string,
  log: TrustMaterial,
  subject: Subject,
): void {
  const key = keys.find(({ fingerprint }) => fingerprint === signer);
  if (!key) throw new SignError('key-unknown', 'the signer’s key is not among the trusted ones');
  const material = { ...log, publicKey: () => ({ publicKey: key.object, validFor: () => true }) };
  runVerifier(toSigstoreEntity(candidate, subject.manifest), material, { log: true, certificateLog: false });
}

/**
 * Certificate chain at the time that the log or a time stamp proves, the log's proof, the signature. This machine's
 * clock has no part in it.
 *
 * @throws SignError `signature-invalid`
 */
function runVerifier(
  { bundle, artifact }: SigstoreEntity,
  root: TrustMaterial,
  demands: { log: boolean; certificateLog: boolean },
): void {
  requireDigestOfMessage(bundle, artifact);
  const verifier = new Verifier(root, {
    tlogThreshold: demands.log ? 1 : 0,
    ctlogThreshold: demands.certificateLog ? 1 : 0,
    timestampThreshold: 1,
  });
  guard(() => {
    const entity = toSignedEntity(bundle, artifact ?? undefined);
    if (entity.timestamps.length === 0 && entity.tlogEntries.length === 0)
      throw new SignError('signature-invalid', 'no log entry and no time stamp says when it was signed');
    verifier.verify(entity);
  });
}

function requireDigestOfMessage(bundle: SigstoreEntity['bundle'], artifact: Buffer | null): void {
  if (bundle.content.$case !== 'messageSignature') return;
  const { digest } = bundle.content.messageSignature.messageDigest;
  if (artifact === null || !digest.equals(createHash('sha256').update(artifact).digest()))
    throw new SignError('subject-mismatch', 'the bundle signs other bytes than the image’s manifest');
}

/** Parsers of hostile certificates and proofs throw what they like; all of it means that the signature does not count. */
function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SignError) throw cause;
    const words = [(cause as Error).message, (cause as { cause?: Error }).cause?.message].filter(Boolean).join(': ');
    throw new SignError('signature-invalid', words.slice(0, 500), { cause });
  }
}

const quote = (text: string | null) => (text === null ? 'nothing' : JSON.stringify(text.slice(0, 300)));
