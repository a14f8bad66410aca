/** Which attestations are VEX. */

/** Type of the predicate without its version. @see openvex/spec, ATTESTING.md; cosign attest --type openvex */
const OPENVEX = 'https://openvex.dev/ns';

export function isVexPredicate(predicateType: string): boolean {
  return predicateType === OPENVEX || predicateType.startsWith(`${OPENVEX}/`);
}
