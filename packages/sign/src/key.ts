/** Signing keys and the public keys that are trusted. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { SignError } from './error.ts';

/** Whatever can sign: a key in memory, a key management service, a token. */
export type Signer = {
  readonly publicKey: PublicKey;
  /** Signature over the bytes; ECDSA as DER, as cosign writes it. */
  sign(bytes: Buffer): Promise<Buffer>;
};

export type PublicKey = {
  readonly pem: string;
  /** `sha256:<hex>` over the SubjectPublicKeyInfo. */
  readonly fingerprint: string;
  /** The same hash in base64: what cosign writes as `verificationMaterial.publicKey.hint`. */
  readonly hint: string;
  readonly object: KeyObject;
};

/** A fresh ECDSA key on P-256, cosign's default. */
export function generateKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** A signer for a private key in memory. @throws SignError `key-invalid` */
export function createSigner(privateKey: KeyObject): Signer {
  const publicKey = describe(createPublicKey(privateKey));
  const [hash] = hashesOf(publicKey.object);
  return { publicKey, sign: async (bytes) => cryptoSign(hash ?? null, bytes, privateKey) };
}

/** Reads a public key from PEM. @throws SignError `key-invalid` for anything else, weak keys included */
export function readPublicKey(pem: string): PublicKey {
  if (pem.length > 16_384 || !/-----BEGIN (RSA |EC )?PUBLIC KEY-----/.test(pem))
    throw new SignError('key-invalid', 'the key is not a public key in PEM');
  try {
    return describe(createPublicKey(pem));
  } catch (cause) {
    if (cause instanceof SignError) throw cause;
    throw new SignError('key-invalid', 'the public key cannot be read', { cause });
  }
}

/** Reads an unencrypted private key from PKCS#8 in DER. @throws SignError `key-invalid` */
export function readPrivateKey(der: Buffer): KeyObject {
  try {
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    hashesOf(key);
    return key;
  } catch (cause) {
    if (cause instanceof SignError) throw cause;
    throw new SignError('key-invalid', 'the private key cannot be read', { cause });
  }
}

/** True when the key made the signature over the bytes. Only verify.ts and dsse.ts turn this into a decision. */
export function isSignedBy(key: PublicKey, bytes: Buffer, signature: Buffer): boolean {
  return hashesOf(key.object).some((hash) => {
    try {
      return cryptoVerify(hash, bytes, key.object, signature);
    } catch {
      return false; // A signature that is no DER is no signature.
    }
  });
}

function describe(object: KeyObject): PublicKey {
  hashesOf(object);
  const hash = createHash('sha256')
    .update(object.export({ type: 'spki', format: 'der' }))
    .digest();
  return {
    pem: object.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: `sha256:${hash.toString('hex')}`,
    hint: hash.toString('base64'),
    object,
  };
}

/** Hashes that signers pair with a key: the first is what cosign 3 uses, a second what cosign 2 used. null: the scheme hashes itself. */
function hashesOf(key: KeyObject): (string | null)[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return [null];
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) < 2048)
      throw new SignError('key-invalid', 'RSA keys below 2048 bits are not accepted');
    return ['sha256'];
  }
  if (type !== 'ec') throw new SignError('key-invalid', `keys of the type ${type ?? 'unknown'} are not supported`);
  if (details?.namedCurve === 'prime256v1') return ['sha256'];
  if (details?.namedCurve === 'secp384r1') return ['sha384', 'sha256'];
  if (details?.namedCurve === 'secp521r1') return ['sha512', 'sha256'];
  throw new SignError('key-invalid', `keys on the curve ${details?.namedCurve ?? 'unknown'} are not supported`);
}
