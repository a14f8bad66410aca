/** Sigstore bundles, version 0.3, for signatures by key. */
import { z } from 'zod';
import { Envelope } from './dsse.ts';
import { SignError } from './error.ts';
import type { PublicKey } from './key.ts';

export const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const Bundle = z.looseObject({
  mediaType: z.string().startsWith('application/vnd.dev.sigstore.bundle'),
  verificationMaterial: z.looseObject({ publicKey: z.looseObject({ hint: z.string().max(1024).nullish() }).nullish() }),
  dsseEnvelope: Envelope.nullish(),
});

/** The bundle as cosign 3 writes it without a transparency log. */
export function writeBundle(envelope: Envelope, key: PublicKey): Buffer {
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE_MEDIA_TYPE,
      verificationMaterial: { publicKey: { hint: key.hint } },
      dsseEnvelope: envelope,
    }),
  );
}

/**
 * Reads the envelope of a bundle and the key it names; `hint` is null for one signed with a certificate.
 * @throws SignError `bundle-invalid`
 */
export function readBundle(bytes: Buffer): { envelope: Envelope; hint: string | null } {
  const parsed = Bundle.safeParse(readJson(bytes, 'the bundle'));
  if (!parsed.success)
    throw new SignError(
      'bundle-invalid',
      `the bundle is invalid at ${parsed.error.issues[0]?.path.join('.') || 'its root'}: ${parsed.error.issues[0]?.message}`,
    );
  const { dsseEnvelope, verificationMaterial } = parsed.data;
  if (!dsseEnvelope) throw new SignError('bundle-invalid', 'the bundle holds no DSSE envelope');
  return { envelope: dsseEnvelope, hint: verificationMaterial.publicKey?.hint ?? null };
}

/** Reads a bare envelope, the form of cosign 2 attestations. @throws SignError `bundle-invalid` */
export function readEnvelope(bytes: Buffer): Envelope {
  const parsed = Envelope.safeParse(readJson(bytes, 'the envelope'));
  if (!parsed.success)
    throw new SignError(
      'bundle-invalid',
      `the envelope is invalid at ${parsed.error.issues[0]?.path.join('.') || 'its root'}: ${parsed.error.issues[0]?.message}`,
    );
  return parsed.data;
}

function readJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SignError('bundle-invalid', `${what} is not JSON`, { cause });
  }
}
