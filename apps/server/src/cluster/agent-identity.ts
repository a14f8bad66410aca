/** Which cluster speaks on a TLS connection; everything unforeseen is nobody. */
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** id-kp-clientAuth (RFC 5280, 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SPIFFE_ID = /^URI:spiffe:\/\/pratique-[0-9a-f]{32}\/cluster\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export type AgentIdentity =
  | { outcome: 'cluster'; clusterId: string; serial: string }
  | { outcome: 'nobody'; reason: string };

/**
 * Reads the identity from the client's certificate. The TLS layer has verified its chain and dates against the
 * instance's authority; that authority issues for several purposes, so purpose and name are looked at here.
 */
export function identityOf(socket: TLSSocket, now: Date): AgentIdentity {
  const certificate = socket.getPeerCertificate() as Partial<PeerCertificate>;
  if (certificate.raw === undefined) return nobody('no client certificate was shown');
  if (!socket.authorized) return nobody(`the client certificate is not accepted: ${reasonOf(socket)}`);
  // The handshake looked at the dates; a connection, or a session that is resumed, may live longer than that.
  if (!(Date.parse(certificate.valid_to ?? '') > now.getTime())) return nobody('the client certificate has expired');
  if (!(certificate.ext_key_usage ?? []).includes(CLIENT_AUTH)) return nobody('the certificate is not for clients');
  const match = SPIFFE_ID.exec(certificate.subjectaltname ?? '');
  if (!match?.[1] || !certificate.serialNumber) return nobody('the certificate names no cluster');
  return { outcome: 'cluster', clusterId: match[1], serial: certificate.serialNumber.toLowerCase() };
}

const nobody = (reason: string): AgentIdentity => ({ outcome: 'nobody', reason });

function reasonOf(socket: TLSSocket): string {
  const error: unknown = socket.authorizationError;
  return error instanceof Error ? error.message : String(error);
}
