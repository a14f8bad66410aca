import 'reflect-metadata';
import { createHash, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { expect, test } from 'vitest';
import { fingerprintsOf, readWebhookTrust } from './webhook-trust.ts';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

async function certificate(name: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
  });
  return made.toString('pem');
}
const [old, next] = [await certificate('old'), await certificate('next')];
const hash = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
const webhook = (...pems: string[]) => ({
  clientConfig: { url: 'https://x', caBundle: Buffer.from(pems.join('\n')).toString('base64') },
});
const kube = (mutating: object[], validating: object[]) => ({
  get: async (path: string) => ({ webhooks: path.includes('/mutating') ? mutating : validating }),
});

test.each([
  ['what both have', [webhook(old, next)], [webhook(next, old)], [old, next]],
  ['nothing that only one has', [webhook(old, next)], [webhook(old)], [old]],
  ['nothing that one of several webhooks lacks', [webhook(old, next), webhook(old)], [webhook(old, next)], [old]],
  ['nothing where one has no bundle', [webhook(old)], [{ clientConfig: {} }], []],
  ['nothing where there is no webhook', [], [], []],
])('webhooks trust %s', async (_, mutating, validating, expected) => {
  const found = await readWebhookTrust(kube(mutating, validating), 'pratique-production');
  expect(found.sort()).toEqual(expected.map(hash).sort());
});

test('what is no certificate, or there twice, is counted once at most', () => {
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  expect(fingerprintsOf([broken, old, old, 'and more'].join('\n'))).toEqual([hash(old)]);
});
