/** The signer process: holds the master key, opens private keys, and answers only who knows the secret of this start. */
import { timingSafeEqual } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { attestDenial, attestImage, parseMasterKey, type SignedArtifact, signImage } from '@pratique/sign';
import { z } from 'zod';
import { ServerError } from '../error.ts';
import { readBody } from '../registry/read-body.ts';
import { ensureAuthority, issueServerCertificate, makeAuthority } from '../signer/authority.ts';
import { signerSocket } from '../signer/client.ts';
import { issueClusterCertificate } from '../signer/cluster-certificate.ts';
import { currentKey, type HeldKey, rewrapKeys, rotateKey } from '../signer/keys.ts';
import { deriveKey, readMasterKey } from '../signer/master-key.ts';
import { type SignAnswer, SignOrder } from '../signer/protocol.ts';
import { proveMasterKey } from '../signer/prove-master-key.ts';
import { openSecret, SealedSecret, sealSecret } from '../signer/sealed-secret.ts';
import type { RoleContext } from '../supervisor/report.ts';
import { type RoleDeps, signerSecret } from './open.ts';

// SBOMs of large images are among what is signed.
const MAX_ORDER_BYTES = 64 * 1024 * 1024;
const Account = z.object({ accountId: z.uuid().nullable() });

export async function runSigner(deps: RoleDeps, context: RoleContext): Promise<void> {
  const { config, db, log } = deps;
  const masterBytes = await readMasterKey(config.masterKey);
  const master = parseMasterKey(masterBytes.toString('hex'));
  const previous = config.previousMasterKey === null ? null : parseMasterKey(config.previousMasterKey);
  const source =
    'hex' in config.masterKey ? 'PRATIQUE_MASTER_KEY' : `PRATIQUE_MASTER_KEY_FILE: the key in ${config.masterKey.file}`;
  await proveMasterKey(db, previous ? [master, previous] : [master], source);
  if (previous) {
    const rewrapped = await rewrapKeys(db, previous, master);
    log.info({ rewrapped }, 'keys are encrypted under the new master key; PRATIQUE_MASTER_KEY_PREVIOUS can go');
  }
  const secret = Buffer.from(signerSecret());

  const operations: Record<string, (body: unknown) => Promise<unknown>> = {
    derive: async (body) => ({
      key: deriveKey(
        masterBytes,
        z.object({ purpose: z.enum(['registry-token', 'upload-session']) }).parse(body).purpose,
      ).toString('base64'),
    }),
    seal: async (body) => {
      const { purpose, plain } = z.object({ purpose: z.string().max(200), plain: z.string().max(20_000) }).parse(body);
      return sealSecret(master, purpose, plain);
    },
    open: async (body) => {
      const { purpose, sealed } = z.object({ purpose: z.string().max(200), sealed: SealedSecret }).parse(body);
      return { plain: openSecret([master], purpose, sealed) };
    },
    key: async (body) => publicPart(await currentKey(db, master, Account.parse(body).accountId)),
    rotate: async (body) => publicPart(await rotateKey(db, master, Account.parse(body).accountId)),
    certificate: async (body) =>
      issueServerCertificate(
        db,
        master,
        z.object({ names: z.array(z.string().max(253)).min(1).max(50) }).parse(body).names,
        new Date(),
      ),
    authority: async () => ({ caPem: (await ensureAuthority(db, master, new Date())).bundlePem }),
    'make-authority': async () => makeAuthority(master, new Date()),
    'cluster-certificate': async (body) =>
      issueClusterCertificate(
        db,
        master,
        z.object({ clusterId: z.uuid(), csr: z.string().max(8000) }).parse(body),
        new Date(),
      ),
    sign: async (body) => {
      const order = SignOrder.parse(body);
      const key = await currentKey(db, master, order.accountId);
      return toAnswer(key, await makeArtifact(order, key));
    },
  };

  async function answer(request: IncomingMessage): Promise<unknown> {
    const given = Buffer.from((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (given.length !== secret.length || !timingSafeEqual(given, secret))
      throw new ServerError('forbidden', 'not for you');
    const operation = operations[(request.url ?? '').slice(1)];
    if (!operation) throw new ServerError('not-found', 'no such operation');
    return operation(JSON.parse((await readBody(request, MAX_ORDER_BYTES)).toString('utf8')));
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (value) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value)),
      (error: unknown) => {
        log.error({ err: error, operation: request.url }, 'signer operation failed');
        response.writeHead(400).end(error instanceof Error ? error.message : 'failed');
      },
    );
  });
  const socket = signerSocket(config.runDir);
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve));
  await chmod(socket, 0o600);
  await currentKey(db, master, null); // proves at start that the master key opens what is stored
  context.onStop(async () => {
    server.close();
    server.closeIdleConnections();
    await db.destroy();
  });
  context.ready();
}

const publicPart = ({ keyId, publicPem }: HeldKey) => ({ keyId, publicPem });

async function makeArtifact(order: SignOrder, key: HeldKey): Promise<SignedArtifact> {
  const request = { subject: order.subject, signer: key.signer, created: new Date(order.created) };
  if (order.form === 'signature') return signImage(request);
  if (order.form === 'denial') return attestDenial(order.predicates, request);
  const [predicate] = order.predicates;
  if (!predicate || order.predicates.length !== 1) throw new ServerError('invalid', 'an attestation has one predicate');
  return attestImage(predicate, request);
}

function toAnswer(key: HeldKey, artifact: SignedArtifact): SignAnswer {
  return {
    keyId: key.keyId,
    manifest: {
      digest: artifact.manifest.digest,
      mediaType: artifact.manifest.mediaType,
      base64: artifact.manifest.bytes.toString('base64'),
    },
    blobs: artifact.blobs.map(({ descriptor, bytes }) => ({
      digest: descriptor.digest,
      size: descriptor.size,
      mediaType: descriptor.mediaType,
      base64: bytes.toString('base64'),
    })),
    tag: artifact.tag,
  };
}
