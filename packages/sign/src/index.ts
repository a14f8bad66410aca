export { attachmentTag, bundleArtifact, evidenceArtifact, type SignedArtifact } from './artifact.ts';
export { BUNDLE_MEDIA_TYPE, readBundle, writeBundle } from './bundle.ts';
export { DSSE_MEDIA_TYPE, Envelope, IN_TOTO, preAuthEncoding, signEnvelope, verifyEnvelope } from './dsse.ts';
export { SignError, type SignErrorCode } from './error.ts';
export { importPrivateKey } from './import-key.ts';
export { createSigner, generateKey, type PublicKey, readPublicKey, type Signer } from './key.ts';
export {
  decryptKey,
  encryptKey,
  generateMasterKey,
  KeyEnvelope,
  type MasterKey,
  parseMasterKey,
  rewrapKey,
} from './key-envelope.ts';
export { cycloneDxPredicate, spdxPredicate } from './predicates/bom.ts';
export { Delivery, deliveryPredicate } from './predicates/delivery.ts';
export { Provenance, provenancePredicate } from './predicates/provenance.ts';
export * from './predicates/types.ts';
export { summaryPredicate, VerdictPredicate, VerificationSummary, verdictPredicate } from './predicates/verdict.ts';
export { vexPredicate } from './predicates/vex.ts';
export { type ScanContext, Vulnerabilities, vulnerabilitiesPredicate } from './predicates/vulns.ts';
export { attestDenial, attestImage, type SignRequest, signImage } from './sign-image.ts';
export {
  createStatement,
  type Predicate,
  parseStatement,
  requireSubject,
  Statement,
  signStatement,
} from './statement.ts';
export { type CanonicalImage, canonicalImage } from './trust/canonical-image.ts';
export {
  type AccountKeys,
  type CompiledTrustPolicy,
  compileTrustPolicy,
  namedAccounts,
  parseTrustPolicy,
} from './trust/compile-policy.ts';
export {
  type AuthorityResult,
  collectEvidence,
  evaluateTrust,
  type Looked,
  matchRules,
  type RequirementResult,
  type RuleResult,
  refuseName,
  type TrustDecision,
  type TrustEvidence,
} from './trust/evaluate-trust.ts';
export { type FetchLocation, fetchLocation } from './trust/fetch-location.ts';
export { authoritiesFor, keyAuthority, readStatedBy, type StatedBy } from './trust/trusted-statements.ts';
export {
  readStatements,
  type TrustedKey,
  type VerifiedImage,
  type VerifiedStatement,
  type VerifyRequest,
  verifyImage,
} from './verify.ts';
