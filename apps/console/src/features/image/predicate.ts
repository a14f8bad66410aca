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

export function predicateOf(type: string): PredicateName {
  return NAMES.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'other';
}
