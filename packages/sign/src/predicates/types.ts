/** Type URIs of the predicates that are written and read. */
export const COSIGN_SIGN = 'https://sigstore.dev/cosign/sign/v1';
export const VSA = 'https://slsa.dev/verification_summary/v1';
export const PROVENANCE = 'https://slsa.dev/provenance/v1';
export const SPDX = 'https://spdx.dev/Document';
export const CYCLONEDX = 'https://cyclonedx.org/bom';
export const VULNS = 'https://in-toto.io/attestation/vulns/v0.2';
/** Without a version, as cosign's `--type openvex` has it. */
export const OPENVEX = 'https://openvex.dev/ns';
export const VERDICT = 'https://pratique.dev/attestation/verdict/v1';
export const DELIVERY = 'https://pratique.dev/attestation/delivery/v1';
