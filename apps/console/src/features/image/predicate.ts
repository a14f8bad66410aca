/** What a signature is about, by the type of its predicate. */
export type PredicateName =
  | 'signature'
  | 'verdict'
  | 'provenance'
  | 'spdx'
  | 'cyclonedx'
  | 'vulns'
  | 'vex'
  | 'delivery'
  | 'other';

const NAMES: readonly [prefix: string, name: PredicateName][] = [
  ['https://sigstore.dev/cosign/sign/', 'signature'],
  ['https://slsa.dev/verification_summary/', 'verdict'],
  ['https://pratique.dev/attestation/verdict/', 'verdict'],
  ['https://slsa.dev/provenance/', 'provenance'],
  ['https://spdx.dev/Document', 'spdx'],
  ['https://cyclonedx.org/bom', 'cyclonedx'],
  ['https://in-toto.io/attestation/vulns', 'vulns'],
  ['https://openvex.dev/', 'vex'],
  ['https://pratique.dev/attestation/delivery/', 'delivery'],
];

/** The signature first, then what it stands on; newest first among the same. */
export function inSealOrder<T extends { predicateType: string; createdAt: string }>(signatures: readonly T[]): T[] {
  const order = NAMES.map(([, name]) => name);
  const place = (one: T): number => {
    const found = order.indexOf(predicateOf(one.predicateType));
    return found < 0 ? order.length : found;
  };
  return signatures.toSorted((a, b) => place(a) - place(b) || b.createdAt.localeCompare(a.createdAt));
}

export function predicateOf(type: string): PredicateName {
  return NAMES.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'other';
}
