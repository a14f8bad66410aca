/** Decides by a trust policy whether an image may be used, from evidence that was collected before. */
import { matchesAny } from '@pratique/contract';
import type { ContentSource, RawManifest } from '@pratique/oci';
import { type Candidate, discover } from '../discover.ts';
import { SignError } from '../error.ts';
import { refuseFailedVerdict } from '../refuse-failed-verdict.ts';
import type { CanonicalImage } from './canonical-image.ts';
import type { CompiledAuthority, CompiledRequirement, CompiledRule, CompiledTrustPolicy } from './compile-policy.ts';
import { countSigners } from './count-signers.ts';
import { type AuthorityStatement, type Subject, verifyByAuthority } from './verify-by-authority.ts';

/** All that is attached to one image. */
export type TrustEvidence = { subject: Subject; candidates: Candidate[]; leftOut: string | null };

/** A signature that was looked at for an authority. */
export type Looked = { manifest: string; form: Candidate['form']; signer: string | null; reason: string | null };
export type AuthorityResult = { authority: string; satisfied: boolean; looked: Looked[] };
export type RequirementResult = {
  /** null: the signature itself. */
  predicateType: string | null;
  satisfied: boolean;
  needed: number;
  counted: number;
  authorities: AuthorityResult[];
};
export type RuleResult = { rule: string; satisfied: boolean; reasons: string[]; requirements: RequirementResult[] };

export type TrustDecision =
  | { outcome: 'trusted'; rules: RuleResult[] }
  | { outcome: 'refused'; reasons: string[]; rules: RuleResult[] }
  /** No rule is about this image: refused as well, for another reason. */
  | { outcome: 'unmatched' };

const MAX_LOOKED = 20;

/** Rules about an image, in the order of the policy. */
export function matchRules<R extends Pick<CompiledRule, 'images' | 'except'>>(
  policy: { rules: readonly R[] },
  image: Pick<CanonicalImage, 'name'>,
): R[] {
  return policy.rules.filter((rule) => matchesAny(rule.images, image.name) && !matchesAny(rule.except, image.name));
}

/** What a name alone is refused for, before anything is fetched; null when nothing. */
export function refuseName(
  rules: readonly Pick<CompiledRule, 'name' | 'tags'>[],
  image: Pick<CanonicalImage, 'tag' | 'digest'>,
): string | null {
  for (const { name, tags } of rules) {
    if (tags.requireDigest && image.digest === null) return `the rule ${name} asks for a digest; write NAME@sha256:…`;
    const tag = image.tag ?? (image.digest === null ? 'latest' : null);
    if (tags.allow && tag !== null && !matchesAny(tags.allow, tag))
      return `the rule ${name} allows the tags ${tags.allow.join(', ')}, not ${tag}`;
  }
  return null;
}

/**
 * Fetches all that may be evidence about one digest.
 * @throws SignError `source-failed`; `subject-mismatch` when the place answers the digest with another manifest
 */
export async function collectEvidence(source: ContentSource, manifest: RawManifest): Promise<TrustEvidence> {
  const { candidates, leftOut } = await discover(source, manifest.digest);
  return { subject: { digest: manifest.digest, manifest: manifest.bytes }, candidates, leftOut };
}

/**
 * Every rule that matches must hold. Pure: the same evidence gives the same answer on any machine at any time; the time
 * of a certificate's signature is what its log or time stamp proves.
 */
export function evaluateTrust(
  policy: CompiledTrustPolicy,
  image: CanonicalImage,
  evidence: TrustEvidence,
): TrustDecision {
  const matching = matchRules(policy, image);
  if (matching.length === 0) return { outcome: 'unmatched' };
  const verify = rememberingVerifier(evidence);
  const rules = matching.map((rule) => evaluateRule(rule, image, evidence, verify));
  const reasons = rules.flatMap((rule) => rule.reasons);
  return reasons.length === 0 ? { outcome: 'trusted', rules } : { outcome: 'refused', reasons, rules };
}

type Outcome = { statement: AuthorityStatement } | { candidate: Candidate; error: SignError };
type Verify = (authority: CompiledAuthority) => Outcome[];

/** Each authority looks at the evidence once, however many rules name it. */
function rememberingVerifier({ candidates, subject }: TrustEvidence): Verify {
  const known = new Map<string, Outcome[]>();
  return (authority) => {
    const before = known.get(authority.id);
    if (before) return before;
    const outcomes = candidates.map((candidate): Outcome => {
      try {
        if (candidate.form === 'broken') return { candidate, error: candidate.error };
        return { statement: verifyByAuthority(candidate, authority, subject) };
      } catch (error) {
        if (error instanceof SignError) return { candidate, error };
        throw error;
      }
    });
    known.set(authority.id, outcomes);
    return outcomes;
  };
}

function evaluateRule(rule: CompiledRule, image: CanonicalImage, evidence: TrustEvidence, verify: Verify): RuleResult {
  const asked = [
    ...(rule.signatures ? [{ predicateType: null, requirement: rule.signatures }] : []),
    ...rule.predicates.map(({ type, requirement }) => ({ predicateType: type, requirement })),
  ];
  const requirements = asked.map(({ predicateType, requirement }) =>
    evaluateRequirement(requirement, predicateType, verify),
  );
  const name = refuseName([rule], image);
  const failed = failedVerdict(
    asked.flatMap(({ requirement }) => requirement.authorities),
    verify,
  );
  const left = evidence.leftOut ? [`${evidence.leftOut}`] : [];
  const reasons = [
    ...(name ? [name] : []),
    ...(failed ? [`the rule ${rule.name}: ${failed}`] : []),
    ...requirements
      .filter((one) => !one.satisfied)
      .map(
        (one) =>
          `the rule ${rule.name} ${explain(one, evidence.subject.digest)}${left.map((text) => `; ${text}`).join('')}`,
      ),
  ];
  return { rule: rule.name, satisfied: reasons.length === 0, reasons, requirements };
}

function evaluateRequirement(
  { authorities, atLeast }: CompiledRequirement,
  predicateType: string | null,
  verify: Verify,
): RequirementResult {
  const wanted = (statement: AuthorityStatement) =>
    predicateType === null
      ? statement.isSignature
      : statement.predicateType === predicateType && !statement.isSignature;
  const signersOf = authorities.map((authority) =>
    verify(authority).flatMap((one) => ('statement' in one && wanted(one.statement) ? [one.statement.signer] : [])),
  );
  const counted = countSigners(signersOf.map((signers) => [...new Set(signers)]));
  return {
    predicateType,
    satisfied: counted >= atLeast,
    needed: atLeast,
    counted,
    authorities: authorities.map((authority, at) => ({
      authority: authority.label,
      satisfied: (signersOf[at]?.length ?? 0) > 0,
      looked: verify(authority)
        .map((one) => look(one, wanted, predicateType))
        .sort((a, b) => Number(a.reason !== null) - Number(b.reason !== null))
        .slice(0, MAX_LOOKED),
    })),
  };
}

function look(one: Outcome, wanted: (statement: AuthorityStatement) => boolean, predicateType: string | null): Looked {
  if ('error' in one)
    return { manifest: one.candidate.manifest, form: one.candidate.form, signer: null, reason: one.error.message };
  const { manifest, form, signer, predicateType: actual } = one.statement;
  const reason = wanted(one.statement)
    ? null
    : predicateType === null
      ? `attests ${actual}, which is no signature`
      : `attests ${actual}, not ${predicateType}`;
  return { manifest, form, signer, reason };
}

/** What an authority of the rule signed against the image overrules what it signed for it. */
function failedVerdict(authorities: readonly CompiledAuthority[], verify: Verify): string | null {
  const statements = authorities.flatMap((authority) =>
    verify(authority).flatMap((one) => ('statement' in one ? [one.statement] : [])),
  );
  try {
    refuseFailedVerdict(statements);
    return null;
  } catch (error) {
    if (error instanceof SignError) return error.message;
    throw error;
  }
}

/** One sentence: what is wanted of whom, and what stood in the way of each. */
function explain(result: RequirementResult, digest: string): string {
  const what = result.predicateType === null ? 'a signature' : `an attestation ${result.predicateType}`;
  const missing = result.authorities.filter((one) => !one.satisfied);
  const of = result.needed > 1 ? `${what} of ${result.needed} authorities, and ${result.counted} count` : what;
  const why = missing.slice(0, 5).map(({ authority, looked }) => {
    const reasons = [...new Set(looked.map(({ reason }) => reason))].filter((reason) => reason !== null);
    return `${authority}: ${reasons.slice(0, 2).join('; ') || `nothing is attached to ${digest}`}`;
  });
  return `asks for ${of}${why.length > 0 ? ` (${why.join(', ')})` : ''}`;
}
