/** Asks the signer process, over its socket. Private keys never leave it. */
import { request } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { ServerError } from '../error.ts';
import { SignAnswer, type SignOrder } from './protocol.ts';
import { SealedSecret } from './sealed-secret.ts';

export type Signer = {
  /** 32 bytes derived from the master key for one purpose (RFC 5869). */
  derive(purpose: 'registry-token' | 'upload-session'): Promise<Buffer>;
  /** The account's current key, made when it has none; null names the instance. */
  key(accountId: string | null): Promise<{ keyId: string; publicPem: string }>;
  /** Retires the account's key and makes another. */
  rotate(accountId: string | null): Promise<{ keyId: string; publicPem: string }>;
  /** Signs statements about one image with the account's key; what comes back is ready to be stored. */
  sign(order: SignOrder): Promise<SignAnswer>;
  /** Encrypts a secret that is no key, for one purpose; what comes back may be stored. */
  seal(purpose: string, plain: string): Promise<SealedSecret>;
  /** @throws ServerError `signer-failed` for another purpose, or bytes that were altered */
  open(purpose: string, sealed: unknown): Promise<string>;
  /** A server certificate for admission from the built-in authority, and that authority's certificate. */
  certificate(names: string[]): Promise<{ certificatePem: string; keyPem: string; caPem: string }>;
  /** The certificates of the built-in authority, PEM; the one that issues comes first. */
  authority(): Promise<string>;
  /** A key and certificate for the next authority, stored nowhere; the key is encrypted. */
  makeAuthority(): Promise<MadeAuthority>;
  /** A client certificate for the agent of a cluster, over the public key of its request alone. */
  clusterCertificate(clusterId: string, csr: string): Promise<ClusterCertificate>;
};

const ClusterCertificate = z.object({
  certificatePem: z.string(),
  caPem: z.string(),
  serial: z.string(),
  /** Hash of the public key, in base64. */
  keyHash: z.string(),
  endsAt: z.iso.datetime(),
});
export type ClusterCertificate = z.infer<typeof ClusterCertificate>;

const MadeAuthority = z.object({ certificatePem: z.string(), wrapped: z.record(z.string(), z.unknown()) });
export type MadeAuthority = z.infer<typeof MadeAuthority>;

const Key = z.object({ keyId: z.string(), publicPem: z.string() });
const Certificate = z.object({ certificatePem: z.string(), keyPem: z.string(), caPem: z.string() });

export const signerSocket = (runDir: string) => join(runDir, 'signer.sock');

/** @param secret what the supervisor gave to the roles that may ask; scanners and policies do not have it */
export function connectSigner(runDir: string, secret: string): Signer {
  async function ask<T>(operation: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return schema.parse(await post(signerSocket(runDir), `/${operation}`, secret, body));
      } catch (error) {
        // The signer may just be starting again; nothing it does is lost or doubled by asking again.
        if (
          attempt >= 20 ||
          !['ENOENT', 'ECONNREFUSED', 'ECONNRESET'].includes((error as { code?: string }).code ?? '')
        )
          throw error;
        await new Promise((resolve) => setTimeout(resolve, 100 * Math.min(attempt, 10)));
      }
    }
  }
  return {
    derive: async (purpose) =>
      Buffer.from((await ask('derive', { purpose }, z.object({ key: z.string() }))).key, 'base64'),
    key: (accountId) => ask('key', { accountId }, Key),
    rotate: (accountId) => ask('rotate', { accountId }, Key),
    sign: (order) => ask('sign', order, SignAnswer),
    seal: (purpose, plain) => ask('seal', { purpose, plain }, SealedSecret),
    open: async (purpose, sealed) => (await ask('open', { purpose, sealed }, z.object({ plain: z.string() }))).plain,
    certificate: (names) => ask('certificate', { names }, Certificate),
    authority: async () => (await ask('authority', {}, z.object({ caPem: z.string() }))).caPem,
    makeAuthority: () => ask('make-authority', {}, MadeAuthority),
    clusterCertificate: (clusterId, csr) => ask('cluster-certificate', { clusterId, csr }, ClusterCertificate),
  };
}

function post(socketPath: string, path: string, secret: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath,
        path,
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        timeout: 30_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new ServerError('signer-failed', `the signer answered: ${text.slice(0, 500)}`));
        });
      },
    );
    call.on('timeout', () => call.destroy(new ServerError('signer-failed', 'the signer does not answer')));
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}
