/** The instance's certificate authority, for whoever configures a cluster. */
import { X509Certificate } from 'node:crypto';
import { AuthorityCertificate } from '@pratique/contract';
import type { Signer } from '../signer/client.ts';
import type { App } from './app.ts';

export function authorityRoutes(app: App, deps: { signer: Signer }): void {
  app.get(
    '/api/v1/authority',
    { config: { access: 'signed-in' }, schema: { response: { 200: AuthorityCertificate } } },
    async () => describeAuthority(await deps.signer.authority()),
  );
}

export function describeAuthority(pem: string): AuthorityCertificate {
  const certificate = new X509Certificate(pem);
  return { certificate: pem, endsAt: certificate.validToDate.toISOString(), fingerprint: certificate.fingerprint256 };
}
