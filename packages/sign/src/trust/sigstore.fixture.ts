/** A certificate authority, a log, a certificate log and a time stamping authority of a test's own, and signers they know. */
import { createHash, sign as cryptoSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { TrustedRootSource } from '@pratique/contract';
import { type Descriptor, OCI_EMPTY, OCI_MANIFEST } from '@pratique/oci';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import { z } from 'zod';
import { attachmentTag, SIGNATURE_ANNOTATION, SIMPLE_SIGNING, type SignedArtifact } from '../artifact.ts';
import { BUNDLE_MEDIA_TYPE } from '../bundle.ts';
import { IN_TOTO, preAuthEncoding } from '../dsse.ts';
import { descriptorOf } from '../image.fixture.ts';
import type { Signer } from '../key.ts';
import { createStatement, type Predicate } from '../statement.ts';

export const LOG_URL = 'https://rekor.test';
export const ISSUER = 'https://token.actions.test';
export const SUBJECT = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1';
const OID = '1.3.6.1.4.1.57264.1.';

export type SignOptions = {
  subject?: string;
  issuer?: string;
  /** Further extensions by the last number of their OID. */
  extensions?: Record<string, string>;
  /** When the log says that it was signed; null: it is in no log. */
  loggedAt?: Date | null;
  /** When the time stamping authority says so; null: it was not asked. */
  stampedAt?: Date | null;
  /** Cut what only a log of the first kind gives: the signed time. */
  withoutPromise?: boolean;
};

type World = {
  root: TrustedRootSource;
  /** A bundle of cosign 3's form about any statement. */
  bundle(digest: string, predicate: Predicate, options?: SignOptions): Promise<Record<string, unknown>>;
  /** A bundle over bytes, without a statement. */
  message(bytes: Buffer, options?: SignOptions): Promise<Record<string, unknown>>;
  /** A bundle about any statement by a key, recorded in the log. */
  byKey(digest: string, predicate: Predicate, signer: Signer): Promise<Record<string, unknown>>;
  /** cosign 2's payload and annotations. */
  simple(payload: Buffer, options?: SignOptions): Promise<{ payload: Buffer; annotations: Record<string, string> }>;
};

/** What the log answers, as far as it is used; the mock's own type needs a package that is not there. */
const LogEntry = z.object({
  body: z.string(),
  integratedTime: z.number(),
  logID: z.string(),
  logIndex: z.number(),
  verification: z.object({
    signedEntryTimestamp: z.string(),
    inclusionProof: z.object({
      logIndex: z.number(),
      treeSize: z.number(),
      rootHash: z.string(),
      checkpoint: z.string(),
    }),
  }),
});

const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (label: string, der: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString('base64')
    .replaceAll(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`;

/** @param issuedAt the time at which certificates are issued; they are valid for ten minutes from then */
export async function createWorld(issuedAt: Date): Promise<World> {
  const [caKeys, ctKeys, logKeys, tsaKeys] = [ecKey(), ecKey(), ecKey(), ecKey()];
  const ctLog = await initializeCTLog(ctKeys, issuedAt);
  const ca = await initializeCA(caKeys, ctLog, issuedAt);
  const tsaRoot = await initializeTSA(tsaKeys, issuedAt);
  const publicPem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

  const issue = async (options: SignOptions) => {
    const { privateKey, publicKey } = ecKey();
    const certificate = await ca.issueCertificate({
      publicKey: publicKey.export({ type: 'spki', format: 'der' }) as Buffer<ArrayBuffer>,
      subjectAltName: options.subject ?? SUBJECT,
      extensions: [
        { oid: `${OID}1`, value: options.issuer ?? ISSUER, legacy: true },
        { oid: `${OID}8`, value: options.issuer ?? ISSUER },
        ...Object.entries(options.extensions ?? {}).map(([last, value]) => ({ oid: OID + last, value })),
      ],
    });
    return { privateKey, der: Buffer.from(certificate as Uint8Array) };
  };
  const record = async (body: object, at: Date) => {
    const log = await initializeTLog(LOG_URL, logKeys, at);
    return LogEntry.parse(Object.values((await log.log(body)) as object)[0]);
  };
  const stamp = async (signature: Buffer, at: Date) => {
    // A fresh clock with the same keys.
    const tsa = Object.assign(Object.create(Object.getPrototypeOf(tsaRoot) as object), tsaRoot, {
      getCurrentTime: () => at,
    }) as typeof tsaRoot;
    return Buffer.from(
      (await tsa.timestamp({
        artifactHash: createHash('sha256').update(signature).digest(),
        hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
        nonce: 7,
        policyOID: '1.2.3',
        certReq: true,
      })) as Uint8Array,
    );
  };
  const material = async (der: Buffer, signature: Buffer, body: object, options: SignOptions) => {
    const loggedAt = options.loggedAt === undefined ? new Date(issuedAt.getTime() + 60_000) : options.loggedAt;
    const entry = loggedAt === null ? null : await record(body, loggedAt);
    const { kind, apiVersion } = body as { kind: string; apiVersion: string };
    return {
      entry,
      stamps: options.stampedAt
        ? [{ signedTimestamp: (await stamp(signature, options.stampedAt)).toString('base64') }]
        : [],
      certificate: { rawBytes: der.toString('base64') },
      tlogEntries: entry
        ? [
            {
              logIndex: String(entry.logIndex),
              logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
              kindVersion: { kind, version: apiVersion },
              integratedTime: String(entry.integratedTime),
              ...(options.withoutPromise
                ? {}
                : { inclusionPromise: { signedEntryTimestamp: entry.verification.signedEntryTimestamp } }),
              inclusionProof: {
                logIndex: String(entry.verification.inclusionProof.logIndex),
                treeSize: String(entry.verification.inclusionProof.treeSize),
                rootHash: Buffer.from(entry.verification.inclusionProof.rootHash, 'hex').toString('base64'),
                hashes: [],
                checkpoint: { envelope: entry.verification.inclusionProof.checkpoint },
              },
              canonicalizedBody: entry.body,
            },
          ]
        : [],
    };
  };
  const hashedRecord = (bytes: Buffer, signature: Buffer, der: Buffer) => ({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') } },
      signature: {
        content: signature.toString('base64'),
        publicKey: { content: Buffer.from(pem('CERTIFICATE', der)).toString('base64') },
      },
    },
  });
  const assemble = (made: Awaited<ReturnType<typeof material>>, content: object) => ({
    mediaType: BUNDLE_MEDIA_TYPE,
    verificationMaterial: {
      certificate: made.certificate,
      tlogEntries: made.tlogEntries,
      timestampVerificationData: { rfc3161Timestamps: made.stamps },
    },
    ...content,
  });

  return {
    root: {
      pem: {
        certificateAuthority: pem('CERTIFICATE', ca.rootCertificate as Uint8Array),
        logs: [{ url: LOG_URL, key: publicPem(logKeys.publicKey) }],
        certificateLogs: [publicPem(ctKeys.publicKey)],
        timestampAuthorities: [
          pem('CERTIFICATE', tsaRoot.intCertificate as Uint8Array) +
            pem('CERTIFICATE', tsaRoot.rootCertificate as Uint8Array),
        ],
      },
    },
    async bundle(digest, predicate, options = {}) {
      const payload = Buffer.from(JSON.stringify(createStatement(digest, predicate)));
      const { privateKey, der } = await issue(options);
      const signature = cryptoSign('sha256', preAuthEncoding(IN_TOTO, payload), privateKey);
      const dsseEnvelope = {
        payload: payload.toString('base64'),
        payloadType: IN_TOTO,
        signatures: [{ sig: signature.toString('base64'), keyid: '' }],
      };
      const hashOf = (bytes: Buffer | string) => ({
        algorithm: 'sha256',
        value: createHash('sha256').update(bytes).digest('hex'),
      });
      const verifier = Buffer.from(pem('CERTIFICATE', der)).toString('base64');
      const body = {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          envelopeHash: hashOf(JSON.stringify(dsseEnvelope)),
          payloadHash: hashOf(payload),
          signatures: [{ signature: signature.toString('base64'), verifier }],
        },
      };
      return assemble(await material(der, signature, body, options), { dsseEnvelope });
    },
    async byKey(digest, predicate, signer) {
      const payload = Buffer.from(JSON.stringify(createStatement(digest, predicate)));
      const signature = await signer.sign(preAuthEncoding(IN_TOTO, payload));
      const dsseEnvelope = {
        payload: payload.toString('base64'),
        payloadType: IN_TOTO,
        signatures: [{ sig: signature.toString('base64'), keyid: '' }],
      };
      const value = createHash('sha256').update(payload).digest('hex');
      const verifier = Buffer.from(signer.publicKey.pem).toString('base64');
      const body = {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          payloadHash: { algorithm: 'sha256', value },
          signatures: [{ signature: signature.toString('base64'), verifier }],
        },
      };
      const { tlogEntries } = await material(Buffer.alloc(0), signature, body, {});
      return {
        mediaType: BUNDLE_MEDIA_TYPE,
        verificationMaterial: { publicKey: { hint: signer.publicKey.hint }, tlogEntries },
        dsseEnvelope,
      };
    },
    async message(bytes, options = {}) {
      const { privateKey, der } = await issue(options);
      const signature = cryptoSign('sha256', bytes, privateKey);
      return assemble(await material(der, signature, hashedRecord(bytes, signature, der), options), {
        messageSignature: {
          messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(bytes).digest('base64') },
          signature: signature.toString('base64'),
        },
      });
    },
    async simple(payload, options = {}) {
      const { privateKey, der } = await issue(options);
      const signature = cryptoSign('sha256', payload, privateKey);
      const { entry } = await material(der, signature, hashedRecord(payload, signature, der), options);
      const rekor = entry && {
        SignedEntryTimestamp: entry.verification.signedEntryTimestamp,
        Payload: {
          body: entry.body,
          integratedTime: entry.integratedTime,
          logIndex: entry.logIndex,
          logID: entry.logID,
        },
      };
      return {
        payload,
        annotations: {
          [SIGNATURE_ANNOTATION]: signature.toString('base64'),
          'dev.sigstore.cosign/certificate': pem('CERTIFICATE', der),
          ...(rekor ? { 'dev.sigstore.cosign/bundle': JSON.stringify(rekor) } : {}),
        },
      };
    },
  };
}

/** Any bytes as a bundle attached to an image. */
export function attach(subject: Descriptor, content: unknown): SignedArtifact {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  return artifactOf(subject, bytes, BUNDLE_MEDIA_TYPE, {}, null);
}

/** cosign 2's signature under its tag. */
export function attachSimple(
  subject: Descriptor,
  made: { payload: Buffer; annotations: Record<string, string> },
): SignedArtifact {
  return artifactOf(subject, made.payload, SIMPLE_SIGNING, made.annotations, attachmentTag(subject.digest, 'sig'));
}

function artifactOf(
  subject: Descriptor,
  bytes: Buffer,
  type: string,
  annotations: Record<string, string>,
  tag: string | null,
): SignedArtifact {
  const empty = Buffer.from('{}');
  const config = descriptorOf(empty, OCI_EMPTY);
  const layer = { ...descriptorOf(bytes, type), annotations };
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: type, config, layers: [layer], subject }),
  );
  return {
    manifest: { digest: descriptorOf(manifest, OCI_MANIFEST).digest, mediaType: OCI_MANIFEST, bytes: manifest },
    blobs: [
      { descriptor: config, bytes: empty },
      { descriptor: layer, bytes },
    ],
    tag,
  };
}
