/** The private key format of OpenSSH. @see openssh-portable PROTOCOL.key */
import type { Random } from '../kind.ts';

const MAGIC = Buffer.from('openssh-key-v1\0', 'latin1');

/** Whether the key is protected by a passphrase; null where the bytes are no such key. */
export function readSshKey(bytes: Buffer): { encrypted: boolean; publicKey: Buffer } | null {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const reader = { bytes, at: MAGIC.length };
  const cipher = readString(reader)?.toString('latin1');
  const kdf = readString(reader);
  const options = readString(reader);
  if (cipher === undefined || kdf === null || options === null || reader.at + 4 > bytes.length) return null;
  if (bytes.readUInt32BE(reader.at) !== 1) return null;
  reader.at += 4;
  const publicKey = readString(reader);
  const secret = readString(reader);
  if (publicKey === null || secret === null || secret.length < 16) return null;
  if (cipher !== 'none') return { encrypted: true, publicKey };
  // The same random number twice proves that nothing is encrypted.
  return secret.readUInt32BE(0) === secret.readUInt32BE(4) ? { encrypted: false, publicKey } : null;
}

function readString(reader: { bytes: Buffer; at: number }): Buffer | null {
  if (reader.at + 4 > reader.bytes.length) return null;
  const length = reader.bytes.readUInt32BE(reader.at);
  const from = reader.at + 4;
  if (from + length > reader.bytes.length) return null;
  reader.at = from + length;
  return reader.bytes.subarray(from, from + length);
}

/** An Ed25519 key of random bytes, which need not be one: the tests' sample. */
export function writeSshKey(random: Random, cipher = 'none'): Buffer {
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const string = (content: Buffer | string): Buffer => {
    const bytes = Buffer.from(content as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const key = noise(32);
  const publicKey = Buffer.concat([string('ssh-ed25519'), string(key)]);
  const check = noise(4);
  const secret = Buffer.concat([
    check,
    check,
    publicKey,
    string(Buffer.concat([noise(32), key])),
    string('made-up'),
    Buffer.from([1, 2, 3, 4]),
  ]);
  const kdf =
    cipher === 'none'
      ? [string('none'), string('')]
      : [string('bcrypt'), string(Buffer.concat([string(noise(16)), Buffer.from([0, 0, 0, 16])]))];
  return Buffer.concat([MAGIC, string(cipher), ...kdf, Buffer.from([0, 0, 0, 1]), string(publicKey), string(secret)]);
}
