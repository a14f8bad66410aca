/** What trusted people state about an image, and what others do: attestations of one kind, each held to its signer. */
import type { Candidate } from '../discover.ts';
import { SignError } from '../error.ts';
import { type PublicKey, readPublicKey } from '../key.ts';
import { parseStatement } from '../statement.ts';
import type { CanonicalImage } from './canonical-image.ts';
import type { CompiledAuthority, CompiledTrustPolicy } from './compile-policy.ts';
import { matchRules, type TrustEvidence } from './evaluate-trust.ts';
import { verifyByAuthority } from './verify-by-authority.ts';

export type StatedBy = {
  predicateType: string;
  predicate: unknown;
  manifest: string;
} & ({ signer: string; refused: null } | { signer: null; refused: string });

/** Whoever holds one of these keys. @param pems in PEM @throws SignError `key-invalid` */
export function keyAuthority(label: string, pems: readonly string[]): CompiledAuthority {
  const keys: PublicKey[] = pems.map((pem) => readPublicKey(pem));
  return { id: `keys:${keys.map((key) => key.fingerprint).join()}`, label, kind: 'key', keys, log: null };
}

/**
 * Those who may make such a statement about the image: whom a matching rule names for the predicate, else whom it names
 * for signatures.
 */
export function authoritiesFor(
  policy: CompiledTrustPolicy,
  image: Pick<CanonicalImage, 'name'>,
  isWanted: (predicateType: string) => boolean,
): CompiledAuthority[] {
  return matchRules(policy, image).flatMap((rule) => {
    const named = rule.predicates
      .filter(({ type }) => isWanted(type))
      .flatMap(({ requirement }) => requirement.authorities);
    return named.length > 0 ? named : (rule.signatures?.authorities ?? []);
  });
}

/** Attestations of the wanted kind; each is by the first authority that it verifies with, or refused with the reason. */
export function readStatedBy(
  authorities: readonly CompiledAuthority[],
  { candidates, subject }: TrustEvidence,
  isWanted: (predicateType: string) => boolean,
): StatedBy[] {
  return candidates.flatMap((candidate): StatedBy[] => {
    if (candidate.form === 'broken' || candidate.form === 'simple' || candidate.form === 'message') return [];
    const claimed = claimOf(candidate);
    if (claimed === null || !isWanted(claimed.predicateType)) return [];
    let refused = 'nobody is trusted to make such statements about this image';
    for (const authority of authorities)
      try {
        const { predicateType, predicate, signer, manifest } = verifyByAuthority(candidate, authority, subject);
        // Only what was verified counts, whatever was read before.
        if (isWanted(predicateType)) return [{ predicateType, predicate, manifest, signer, refused: null }];
      } catch (error) {
        if (!(error instanceof SignError)) throw error;
        refused = `${authority.label}: ${error.message}`;
      }
    return [{ ...claimed, manifest: candidate.manifest, signer: null, refused }];
  });
}

/** What it says without any proof; only to tell what was refused. */
function claimOf(candidate: Extract<Candidate, { form: 'bundle' | 'envelope' }>): {
  predicateType: string;
  predicate: unknown;
} | null {
  try {
    return parseStatement(Buffer.from(candidate.envelope.payload, 'base64'));
  } catch {
    return null;
  }
}
