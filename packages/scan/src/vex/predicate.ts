/** Which attestations are VEX. */

/** Type of the predicate without its version. @see openvex/spec, ATTESTING.md; cosign attest --type openvex */
export const VEX_PREDICATE = 'https://openvex.dev/ns';

export function isVexPredicate(predicateType: string): boolean {
  return predicateType === VEX_PREDICATE || predicateType.startsWith(`${VEX_PREDICATE}/`);
}
