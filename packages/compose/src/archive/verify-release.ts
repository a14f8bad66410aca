/** Decides whether an InRelease file was signed by the archive: the root of trust of everything that follows. */
import type { Key, PublicKey, Subkey } from 'openpgp';
import { ComposeError } from '../error.ts';

/** The signed text, which is all that may be parsed, and the fingerprints of the keys that vouch for it. */
export type SignedRelease = { text: string; signedBy: string[] };

/** A keyring: its name for messages, its bytes, and fingerprints to which it is restricted (none: all keys count). */
export type Keyring = { name: string; bytes: Buffer; fingerprints: string[] };

const MAX_KEYS = 200;
const MARKS = ['-----BEGIN PGP SIGNED MESSAGE-----', '-----BEGIN PGP SIGNATURE-----', '-----END PGP SIGNATURE-----'];

/**
 * Verifies a clear-signed release file. One good signature suffices, made by a key of the keyring that is neither
 * revoked nor expired at `now`, nor after it was made. Text outside the signature is refused, not skipped.
 *
 * @throws ComposeError `release-signature`
 * @see RFC 9580 section 7 (cleartext signature framework); apt-secure(8)
 */
export async function verifyRelease(
  inRelease: Buffer,
  keyring: Keyring,
  now: Date,
  origin: string,
): Promise<SignedRelease> {
  const openpgp = await import('openpgp');
  const armored = inRelease.toString('utf8');
  const marks = armored.match(/^-----[A-Z ]+-----[ \t]*$/gm)?.map((line) => line.trim()) ?? [];
  const whole =
    armored.startsWith('-----BEGIN PGP SIGNED MESSAGE-----') &&
    armored.trimEnd().endsWith('-----END PGP SIGNATURE-----');
  if (!whole || marks.join() !== MARKS.join())
    throw refused(origin, 'it is not one clear-signed message from its first line to its last');
  const keys = await keysOfRing(keyring);
  const message = await openpgp
    .readCleartextMessage({ cleartextMessage: armored })
    .catch((cause: unknown) => Promise.reject(refused(origin, 'the clear-signed message cannot be read', cause)));
  const result = await openpgp.verify({ message, verificationKeys: keys, date: now });
  const reasons: string[] = [];
  const signedBy: string[] = [];
  for (const signature of result.signatures) {
    const id = signature.keyID.toHex();
    try {
      await signature.verified;
      signedBy.push(await soundKey(keys, id, now));
    } catch (cause) {
      reasons.push(`${id.toUpperCase()}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  if (signedBy.length === 0) {
    throw refused(origin, `no signature is good by ${keyring.name} (${reasons.join('; ') || 'it carries none'})`);
  }
  return { text: result.data, signedBy: signedBy.sort() };
}

/** The fingerprint of the key that signed, if it may be relied on today. @throws Error */
export async function soundKey(keys: Key[], id: string, now: Date): Promise<string> {
  for (const key of keys) {
    const signer = [key, ...key.getSubkeys()].find((part: Key | Subkey) => part.getKeyID().toHex() === id);
    if (!signer) continue;
    await key.verifyPrimaryKey(now); // throws for a key revoked or expired
    if (signer !== key) await (signer as Subkey).verify(now);
    return key.getFingerprint();
  }
  throw new Error('the key is not in the keyring');
}

/** Keys of a binary or armored keyring. @throws ComposeError `sources-invalid` */
export async function keysOfRing(keyring: Keyring): Promise<PublicKey[]> {
  const openpgp = await import('openpgp');
  const text = keyring.bytes.toString('latin1');
  let keys: Key[];
  try {
    if (text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) {
      // Several armored blocks may stand one after another.
      const blocks =
        text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g) ?? [];
      keys = (await Promise.all(blocks.map((block) => openpgp.readKeys({ armoredKeys: block })))).flat();
    } else {
      keys = await openpgp.readKeys({ binaryKeys: keyring.bytes });
    }
  } catch (cause) {
    throw new ComposeError('sources-invalid', `${keyring.name} is not a keyring that can be read`, { cause });
  }
  const wanted = keyring.fingerprints.map((fingerprint) => fingerprint.toLowerCase());
  const chosen = keys.filter((key) => wanted.length === 0 || wanted.includes(key.getFingerprint()));
  if (chosen.length === 0 || chosen.length > MAX_KEYS) {
    throw new ComposeError(
      'sources-invalid',
      `${keyring.name} holds ${chosen.length} usable keys; 1 to ${MAX_KEYS} are taken`,
    );
  }
  return chosen.map((key) => key.toPublic());
}

function refused(origin: string, why: string, cause?: unknown): ComposeError {
  return new ComposeError('release-signature', `${origin} is refused: ${why}`, { cause });
}
