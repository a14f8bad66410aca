/** Dead Simple Signing Envelope 1.0: signs a payload together with its type. */
import { z } from 'zod';
import { SignError } from './error.ts';
import { isSignedBy, type PublicKey, type Signer } from './key.ts';

export const IN_TOTO = 'application/vnd.in-toto+json';
export const DSSE_MEDIA_TYPE = 'application/vnd.dsse.envelope.v1+json';

export const Envelope = z.looseObject({
  payload: z.string(),
  payloadType: z.string().max(255),
  signatures: z
    .array(z.looseObject({ sig: z.string().max(16_384), keyid: z.string().max(1024).nullish() }))
    .min(1)
    .max(20),
});
export type Envelope = z.infer<typeof Envelope>;

/** Pre-authentication encoding: what is actually signed. @see DSSE v1.0 protocol.md, "Signature Definition" */
export function preAuthEncoding(payloadType: string, payload: Buffer): Buffer {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

export async function signEnvelope(payload: Buffer, payloadType: string, signer: Signer): Promise<Envelope> {
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  return { payload: payload.toString('base64'), payloadType, signatures: [{ sig: signature.toString('base64') }] };
}

/**
 * Answers the payload and who signed it: the bytes that were verified, never a second reading of the envelope.
 *
 * @param hint the key that the signer says it used; only sharpens the error
 * @throws SignError `signature-invalid` (a trusted key is named and did not sign this), `key-unknown` (no trusted key signed it)
 */
export function verifyEnvelope(
  envelope: Envelope,
  keys: readonly PublicKey[],
  hint?: string,
): { payload: Buffer; key: PublicKey } {
  const payload = Buffer.from(envelope.payload, 'base64'); // Also takes the URL-safe alphabet, as DSSE allows.
  const signed = preAuthEncoding(envelope.payloadType, payload);
  const key = keys.find((each) =>
    envelope.signatures.some(({ sig }) => isSignedBy(each, signed, Buffer.from(sig, 'base64'))),
  );
  if (key) return { payload, key };
  const named = keys.find((each) => each.hint === hint);
  if (named)
    throw new SignError(
      'signature-invalid',
      `the signature that names the key ${named.fingerprint} is not its signature of this content`,
    );
  throw new SignError('key-unknown', 'no trusted key made the signature');
}
