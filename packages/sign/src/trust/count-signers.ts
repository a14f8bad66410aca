/** How many authorities have spoken, when one signer may stand for one authority only. */

/**
 * The largest number of authorities that can each be given a signer of their own (a maximum matching): one person whom
 * two authorities name counts once.
 *
 * @param signersOf for each authority the signers that satisfy it
 * @see Kuhn's augmenting paths
 */
export function countSigners(signersOf: readonly (readonly string[])[]): number {
  const standsFor = new Map<string, number>();
  const place = (authority: number, tried: Set<string>): boolean =>
    (signersOf[authority] ?? []).some((signer) => {
      if (tried.has(signer)) return false;
      tried.add(signer);
      const taken = standsFor.get(signer);
      if (taken !== undefined && !place(taken, tried)) return false;
      standsFor.set(signer, authority);
      return true;
    });
  return signersOf.filter((_, authority) => place(authority, new Set())).length;
}
