/** Signatures of either cosign as sigstore's verifier wants them: signature, certificate or key, log entries, time stamps. */
import { createHash } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { z } from 'zod';
import type { Candidate } from '../discover.ts';
import { SignError } from '../error.ts';

export type SigstoreEntity = {
  bundle: Bundle;
  /** The bytes that a message signature is over. */
  artifact: Buffer | null;
};

const MAX_LOG_ENTRIES = 10;
const MAX_STAMPS = 10;

/**
 * @param manifest bytes of the image's manifest, which a bundle without an envelope signs
 * @throws SignError `bundle-invalid`
 */
export function toSigstoreEntity(candidate: Exclude<Candidate, { form: 'broken' }>, manifest: Buffer): SigstoreEntity {
  const bundle = readJson(() => bundleFromJSON(jsonOf(candidate) as object));
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  if (tlogEntries.length > MAX_LOG_ENTRIES || (timestampVerificationData?.rfc3161Timestamps.length ?? 0) > MAX_STAMPS)
    throw new SignError(
      'bundle-invalid',
      `the signature carries more than ${MAX_LOG_ENTRIES} log entries or time stamps`,
    );
  if (candidate.form === 'simple') return { bundle, artifact: candidate.payload };
  return { bundle, artifact: candidate.form === 'message' ? manifest : null };
}

function jsonOf(candidate: Exclude<Candidate, { form: 'broken' }>): unknown {
  if (candidate.form === 'bundle' || candidate.form === 'message') return candidate.json;
  const { annotations } = candidate;
  const content =
    candidate.form === 'simple'
      ? {
          messageSignature: {
            messageDigest: {
              algorithm: 'SHA2_256',
              digest: createHash('sha256').update(candidate.payload).digest('base64'),
            },
            signature: candidate.signature,
          },
        }
      : {
          dsseEnvelope: {
            ...candidate.envelope,
            signatures: candidate.envelope.signatures.map(({ sig }) => ({ sig, keyid: '' })),
          },
        };
  const certificate = annotations['dev.sigstore.cosign/certificate'];
  const stamp = annotations['dev.sigstore.cosign/rfc3161timestamp'];
  const entry = annotations['dev.sigstore.cosign/bundle'];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      ...(certificate
        ? { x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] } }
        : { publicKey: { hint: '' } }),
      tlogEntries: entry ? [logEntry(entry)] : [],
      timestampVerificationData: { rfc3161Timestamps: stamp ? [readStamp(stamp)] : [] },
    },
    ...content,
  };
}

const RekorBundle = z.looseObject({
  SignedEntryTimestamp: z.string().max(16_384),
  Payload: z.looseObject({
    body: z.string(),
    integratedTime: z.number().int().nonnegative(),
    logIndex: z.number().int().nonnegative(),
    logID: z.string().regex(/^[0-9a-f]{64}$/),
  }),
});
const Body = z.looseObject({ kind: z.string().max(100), apiVersion: z.string().max(100) });

/** @see sigstore/cosign pkg/cosign/bundle, RekorBundle */
function logEntry(text: string): unknown {
  return readJson(() => {
    const { SignedEntryTimestamp, Payload } = RekorBundle.parse(JSON.parse(text));
    const { kind, apiVersion } = Body.parse(JSON.parse(Buffer.from(Payload.body, 'base64').toString('utf8')));
    return {
      logIndex: String(Payload.logIndex),
      logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
      kindVersion: { kind, version: apiVersion },
      integratedTime: String(Payload.integratedTime),
      inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
      canonicalizedBody: Payload.body,
    };
  });
}

function readStamp(text: string): unknown {
  return readJson(() => ({
    signedTimestamp: z.looseObject({ SignedRFC3161Timestamp: z.string() }).parse(JSON.parse(text))
      .SignedRFC3161Timestamp,
  }));
}

function derOf(pem: string): string {
  const base64 = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem)?.[1];
  if (!base64) throw new SignError('bundle-invalid', 'the certificate beside the signature is no PEM');
  return base64.replaceAll(/\s/g, '');
}

function readJson<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SignError) throw cause;
    throw new SignError(
      'bundle-invalid',
      `what is beside the signature cannot be read: ${(cause as Error).message.slice(0, 300)}`,
      { cause },
    );
  }
}
