/** Client certificates by which the agents of clusters are known (SPIFFE X.509-SVID). */
import 'reflect-metadata';
import { createHash } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { MasterKey } from '@pratique/sign';
import type { Db } from '../db/connect.ts';
import { ServerError } from '../error.ts';
import { ALGORITHM, BACKDATED_MS, ensureAuthority, serial } from './authority.ts';
import type { ClusterCertificate } from './client.ts';

const VALID_MS = 24 * 3_600_000;

/** `spiffe://INSTANCE/cluster/ID`; the instance is named by its authority's key, so that no two share a trust domain. */
export function clusterSpiffeId(authority: x509.X509Certificate, clusterId: string): string {
  const name = createHash('sha256').update(Buffer.from(authority.publicKey.rawData)).digest('hex').slice(0, 32);
  return `spiffe://pratique-${name}/cluster/${clusterId}`;
}

/**
 * Issues a certificate of 24 hours for the public key of a PKCS #10 request. Names and extensions that the request asks
 * for are not looked at: who it stands for is what the caller says.
 * @throws ServerError `invalid` when the request cannot be read, is not signed by its own key, or the key is weak
 */
export async function issueClusterCertificate(
  db: Db,
  master: MasterKey,
  request: { clusterId: string; csr: string },
  now: Date,
): Promise<ClusterCertificate> {
  const csr = await readRequest(request.csr);
  const authority = await ensureAuthority(db, master, now);
  const serialNumber = serial();
  const endsAt = new Date(now.getTime() + VALID_MS);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    subject: `CN=cluster ${request.clusterId}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: endsAt,
    publicKey: csr.publicKey,
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: clusterSpiffeId(authority.certificate, request.clusterId) },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  return {
    certificatePem: certificate.toString('pem'),
    caPem: authority.bundlePem,
    serial: serialNumber,
    keyHash: createHash('sha256').update(Buffer.from(csr.publicKey.rawData)).digest('base64'),
    endsAt: endsAt.toISOString(),
  };
}

async function readRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  let csr: x509.Pkcs10CertificateRequest;
  try {
    csr = new x509.Pkcs10CertificateRequest(pem);
    if (!(await csr.verify())) throw new Error('its signature is not by its own key');
  } catch (cause) {
    throw new ServerError('invalid', `the certificate request cannot be used: ${(cause as Error).message}`, { cause });
  }
  const { name, namedCurve } = csr.publicKey.algorithm as { name: string; namedCurve?: string };
  if (name !== 'ECDSA' || (namedCurve !== 'P-256' && namedCurve !== 'P-384'))
    throw new ServerError(
      'invalid',
      `the key of the request is ${name} ${namedCurve ?? ''}; it must be P-256 or P-384`,
    );
  return csr;
}
