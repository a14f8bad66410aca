/** Certificates of authorities as PEM, one after the other: what each is, and whether one of them issued another. */
import { X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export const certificatesOf = (bundlePem: string): X509Certificate[] =>
  (bundlePem.match(BLOCK) ?? []).map((pem) => new X509Certificate(pem));

/** SHA-256 of the DER in lower-case hex, as agents name certificates. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase();

export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
