/** The agent's key, made where it is used, and the request for a certificate over it (PKCS #10). */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A P-256 key, PKCS #8, PEM. */
export function makeKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

/** PEM. It asks for no name: whom the certificate stands for is for the server to say. */
export async function makeRequest(keyPem: string): Promise<string> {
  const key = createPrivateKey(keyPem);
  const privateBytes = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }));
  const publicBytes = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const { subtle } = webcrypto;
  const keys = {
    privateKey: await subtle.importKey('pkcs8', privateBytes, ALGORITHM, true, ['sign']),
    publicKey: await subtle.importKey('spki', publicBytes, ALGORITHM, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=pratique-agent',
    keys,
    signingAlgorithm: ALGORITHM,
  });
  return request.toString('pem');
}
