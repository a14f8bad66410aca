/** Sigstore bundles, version 0.3, for signatures by key. */
import { z } from 'zod';
import { Envelope } from './dsse.ts';
import { SignError } from './error.ts';
import type { PublicKey } from './key.ts';

export const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const Message = z.looseObject({
  messageDigest: z.looseObject({ algorithm: z.string().max(100), digest: z.string().max(1000) }).nullish(),
  signature: z.string().min(1).max(16_384),
});
/** A signature over the artifact itself. */
export type MessageSignature = z.infer<typeof Message>;

const Bundle = z.looseObject({
  mediaType: z.string().startsWith('application/vnd.dev.sigstore.bundle'),
  verificationMaterial: z.looseObject({ publicKey: z.looseObject({ hint: z.string().max(1024).nullish() }).nullish() }),
  dsseEnvelope: Envelope.nullish(),
  messageSignature: Message.nullish(),
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
  const read = readAnyBundle(bytes);
  if (read.form === 'bundle') return { envelope: read.envelope, hint: read.hint };
  throw new SignError('bundle-invalid', 'the bundle holds no DSSE envelope');
}

/** A bundle of either content, with its JSON for who verifies certificates and logs. @throws SignError `bundle-invalid` */
export function readAnyBundle(
  bytes: Buffer,
):
  | { form: 'bundle'; envelope: Envelope; hint: string | null; json: unknown }
  | { form: 'message'; message: MessageSignature; hint: string | null; json: unknown } {
  const json = readJson(bytes, 'the bundle');
  const parsed = Bundle.safeParse(json);
  if (!parsed.success)
    throw new SignError(
      'bundle-invalid',
      `the bundle is invalid at ${parsed.error.issues[0]?.path.join('.') || 'its root'}: ${parsed.error.issues[0]?.message}`,
    );
  const { dsseEnvelope, messageSignature, verificationMaterial } = parsed.data;
  const hint = verificationMaterial.publicKey?.hint ?? null;
  // Both would be verified by one reader and believed by another.
  if (dsseEnvelope && messageSignature) throw new SignError('bundle-invalid', 'the bundle holds two signatures');
  if (dsseEnvelope) return { form: 'bundle', envelope: dsseEnvelope, hint, json };
  if (messageSignature) return { form: 'message', message: messageSignature, hint, json };
  throw new SignError('bundle-invalid', 'the bundle holds neither a DSSE envelope nor a message signature');
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
