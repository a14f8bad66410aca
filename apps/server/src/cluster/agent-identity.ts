/** Which cluster speaks on a TLS connection; everything unforeseen is nobody. */
import { X509Certificate } from 'node:crypto';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { certificatesOf, isIssuedBy } from './authority-bundle.ts';

/** id-kp-clientAuth (RFC 5280, 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** How long after its end a certificate may still be renewed. */
const GRACE_MS = 30 * 86_400_000;
const SPIFFE_ID = /^URI:spiffe:\/\/pratique-[0-9a-f]{32}\/cluster\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export type AgentIdentity =
  | { outcome: 'cluster'; clusterId: string; serial: string }
  | { outcome: 'nobody'; reason: string };

/**
 * Reads the identity from the client's certificate. The TLS layer has verified its chain and dates against the
 * instance's authority; that authority issues for several purposes, so purpose and name are looked at here.
 */
export function identityOf(socket: TLSSocket, now: Date): AgentIdentity {
  return readIdentity(socket, now, null);
}

/**
 * The same for a renewal, which an expired certificate may still ask for: a server that was away for longer than a
 * certificate lives must not cost every cluster its identity. Whether the serial still counts is for the database.
 * @param authority the certificates by one of which it must have been issued, PEM
 */
export function renewingIdentityOf(socket: TLSSocket, now: Date, authority: string): AgentIdentity {
  return readIdentity(socket, now, authority);
}

/** @param grace the authority whose expired certificates are accepted; null for none */
function readIdentity(socket: TLSSocket, now: Date, grace: string | null): AgentIdentity {
  const certificate = socket.getPeerCertificate() as Partial<PeerCertificate>;
  if (certificate.raw === undefined) return nobody('no client certificate was shown');
  const isLate = grace !== null && reasonOf(socket) === 'CERT_HAS_EXPIRED' && isIssuedByAny(certificate.raw, grace);
  if (!socket.authorized && !isLate) return nobody(`the client certificate is not accepted: ${reasonOf(socket)}`);
  // The handshake looked at the dates; a connection, or a session that is resumed, may live longer than that.
  const end = Date.parse(certificate.valid_to ?? '') + (grace === null ? 0 : GRACE_MS);
  if (!(end > now.getTime())) return nobody('the client certificate has expired');
  if (!(certificate.ext_key_usage ?? []).includes(CLIENT_AUTH)) return nobody('the certificate is not for clients');
  const match = SPIFFE_ID.exec(certificate.subjectaltname ?? '');
  if (!match?.[1] || !certificate.serialNumber) return nobody('the certificate names no cluster');
  return { outcome: 'cluster', clusterId: match[1], serial: certificate.serialNumber.toLowerCase() };
}

function isIssuedByAny(raw: Buffer, bundlePem: string): boolean {
  const certificate = new X509Certificate(raw);
  return certificatesOf(bundlePem).some((authority) => isIssuedBy(certificate, authority));
}

/** Whether the client's certificate is by another authority than the one that issues now, the first of the bundle. */
export function isOfFormerAuthority(socket: TLSSocket, bundlePem: string): boolean {
  const { raw } = socket.getPeerCertificate() as Partial<PeerCertificate>;
  const [issuing] = certificatesOf(bundlePem);
  return raw !== undefined && issuing !== undefined && !isIssuedBy(new X509Certificate(raw), issuing);
}

const nobody = (reason: string): AgentIdentity => ({ outcome: 'nobody', reason });

function reasonOf(socket: TLSSocket): string {
  const error: unknown = socket.authorizationError;
  return error instanceof Error ? error.message : String(error);
}
