/** Private keys: of TLS, SSH, OpenPGP and networks. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { decodeBase64 } from '../checks/decode.ts';
import { isPublicKnowledge } from '../checks/known-keys.ts';
import { readPgpKey } from '../checks/pgp-key.ts';
import { readSshKey, writeSshKey } from '../checks/ssh-key.ts';
import { assigned } from '../forms/assigned.ts';
import { type Armour, armourOf, privateKey } from '../forms/private-key.ts';
import { setting } from '../forms/setting.ts';
import { token } from '../forms/token.ts';
import type { Kind, Random } from '../kind.ts';

const PEM = 'https://datatracker.ietf.org/doc/html/rfc7468';
const OPENSSL = 'https://docs.openssl.org/master/man1/openssl-pkey/';
const noise = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));

/** Really a key, which OpenSSL reads, and none that everybody has. */
function readPem({ label, headers, bytes }: Armour): 'key' | 'other' {
  if (headers.includes('ENCRYPTED')) return 'other';
  try {
    const key = createPrivateKey(armourOf(label, bytes));
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    return isPublicKnowledge(spki) ? 'other' : 'key';
  } catch {
    return 'other';
  }
}
const encryptedHeaders = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,';

export const PRIVATE_KEYS: readonly Kind[] = [
  privateKey({
    id: 'rsa-private-key',
    title: 'RSA private key',
    severity: 'critical',
    docs: OPENSSL,
    label: 'RSA PRIVATE KEY',
    read: readPem,
    write: () =>
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .privateKey.export({ format: 'pem', type: 'pkcs1' })
        .toString(),
    misses: () => [
      generateKeyPairSync('rsa', { modulusLength: 1024 })
        .privateKey.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-128-cbc', passphrase: 'made up' })
        .toString(),
    ],
  }),
  privateKey({
    id: 'ec-private-key',
    title: 'Elliptic curve private key',
    severity: 'critical',
    docs: 'https://datatracker.ietf.org/doc/html/rfc5915',
    label: 'EC PRIVATE KEY',
    read: readPem,
    write: () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'sec1' }).toString(),
  }),
  privateKey({
    id: 'dsa-private-key',
    title: 'DSA private key',
    severity: 'high',
    docs: OPENSSL,
    label: 'DSA PRIVATE KEY',
    read: ({ bytes, headers }) => (!headers.includes('ENCRYPTED') && isDsa(bytes) ? 'key' : 'other'),
    write: (random) => armourOf('DSA PRIVATE KEY', writeDsa(random)),
  }),
  privateKey({
    id: 'private-key',
    title: 'Private key (PKCS #8)',
    severity: 'critical',
    docs: PEM,
    label: 'PRIVATE KEY',
    read: readPem,
    write: () => generateKeyPairSync('ed448').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    misses: () => [generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString()],
  }),
  privateKey({
    id: 'encrypted-private-key',
    title: 'Private key under a passphrase (PKCS #8)',
    severity: 'low',
    docs: PEM,
    label: 'ENCRYPTED PRIVATE KEY',
    // PBES1 or PBES2: an algorithm of PKCS #5 or #12 in a sequence of sequences.
    read: ({ bytes }) =>
      bytes[0] === 0x30 && bytes.subarray(0, 40).includes(Buffer.from('2a864886f70d01', 'hex')) ? 'key' : 'other',
    write: () =>
      generateKeyPairSync('ed448')
        .privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'made up' })
        .toString(),
  }),
  privateKey({
    id: 'encrypted-legacy-private-key',
    title: 'RSA private key under a passphrase (legacy)',
    severity: 'low',
    docs: 'https://datatracker.ietf.org/doc/html/rfc1421',
    label: 'RSA PRIVATE KEY',
    read: ({ headers }) => (headers.includes('ENCRYPTED') ? 'key' : 'other'),
    write: (random) =>
      armourOf('RSA PRIVATE KEY', noise(random, 600)).replace(
        '-----\n',
        `-----\n${encryptedHeaders}${noise(random, 16).toString('hex').toUpperCase()}\n\n`,
      ),
  }),
  privateKey({
    id: 'openssh-private-key',
    title: 'OpenSSH private key',
    severity: 'critical',
    docs: 'https://man.openbsd.org/ssh-keygen.1',
    label: 'OPENSSH PRIVATE KEY',
    read: ({ bytes }) => {
      const key = readSshKey(bytes);
      return key && !key.encrypted && !isPublicKnowledge(key.publicKey) ? 'key' : 'other';
    },
    write: (random) => armourOf('OPENSSH PRIVATE KEY', writeSshKey(random)),
    misses: (random) => [armourOf('OPENSSH PRIVATE KEY', writeSshKey(random, 'aes256-ctr'))],
  }),
  privateKey({
    id: 'openssh-encrypted-private-key',
    title: 'OpenSSH private key under a passphrase',
    severity: 'low',
    docs: 'https://man.openbsd.org/ssh-keygen.1',
    label: 'OPENSSH PRIVATE KEY',
    read: ({ bytes }) => (readSshKey(bytes)?.encrypted ? 'key' : 'other'),
    write: (random) => armourOf('OPENSSH PRIVATE KEY', writeSshKey(random, 'aes256-ctr')),
  }),
  privateKey({
    id: 'pgp-private-key',
    title: 'OpenPGP private key',
    severity: 'critical',
    docs: 'https://datatracker.ietf.org/doc/html/rfc9580',
    label: 'PGP PRIVATE KEY BLOCK',
    read: ({ bytes }) => (readPgpKey(bytes)?.encrypted === false ? 'key' : 'other'),
    write: (random) => armourOf('PGP PRIVATE KEY BLOCK', writePgp(random, 0)),
    misses: (random) => [armourOf('PGP PRIVATE KEY BLOCK', writePgp(random, 254))],
  }),
  privateKey({
    id: 'pgp-encrypted-private-key',
    title: 'OpenPGP private key under a passphrase',
    severity: 'low',
    docs: 'https://datatracker.ietf.org/doc/html/rfc9580',
    label: 'PGP PRIVATE KEY BLOCK',
    read: ({ bytes }) => (readPgpKey(bytes)?.encrypted ? 'key' : 'other'),
    write: (random) => armourOf('PGP PRIVATE KEY BLOCK', writePgp(random, 254)),
  }),
  setting({
    id: 'putty-private-key',
    title: 'PuTTY private key',
    severity: 'critical',
    docs: 'https://the.earth.li/~sgtatham/putty/latest/htmldoc/AppendixC.html',
    names: ['encryption: none'],
    value:
      /\r?\n[^\n]{0,120}\nPublic-Lines: \d{1,3}\r?\n(?:[0-9A-Za-z+/=]{1,64}\r?\n){1,40}Private-Lines: \d{1,3}\r?\n((?:[0-9A-Za-z+/=]{1,64}\r?\n){1,60})/y,
    window: 8192,
    around: /PuTTY-User-Key-File-[23]: /,
    path: 'root/key.ppk',
    secret: (random) => `${noise(random, 36).toString('base64')}\n`,
    write: (secret) =>
      `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: made-up\nPublic-Lines: 1\n${'Q'.repeat(60)}\nPrivate-Lines: 1\n${secret}Private-MAC: 00`,
  }),
  setting({
    id: 'openvpn-static-key',
    title: 'OpenVPN static key',
    severity: 'high',
    docs: 'https://openvpn.net/community-resources/static-key-mini-howto/',
    names: ['-----begin openvpn static key v1-----'],
    value: /\r?\n((?:[0-9a-f]{32}\r?\n){16})-----END/y,
    window: 700,
    secret: (random) => Array.from({ length: 16 }, () => `${noise(random, 16).toString('hex')}\n`).join(''),
    write: (secret) => `-----BEGIN OpenVPN Static key V1-----\n${secret}-----END OpenVPN Static key V1-----`,
  }),
  assigned({
    id: 'wireguard-private-key',
    title: 'WireGuard private key',
    severity: 'critical',
    docs: 'https://www.wireguard.com/quickstart/',
    names: ['privatekey', 'private_key', 'wg_key', 'wireguard'],
    value: '[0-9A-Za-z+/]{43}=',
    // Curve25519: three bits are always 0, one is always 1.
    check: (value) => {
      const bytes = decodeBase64(value);
      return (
        bytes !== null && bytes.length === 32 && (bytes.readUInt8(0) & 7) === 0 && (bytes.readUInt8(31) & 0xc0) === 0x40
      );
    },
    seal: (_value, random) => {
      const bytes = noise(random, 32);
      bytes[0] = (bytes[0] ?? 0) & 0xf8;
      bytes[31] = ((bytes[31] ?? 0) & 0x3f) | 0x40;
      return bytes.toString('base64');
    },
  }),
  assigned({
    id: 'wireguard-preshared-key',
    title: 'WireGuard preshared key',
    docs: 'https://www.wireguard.com/protocol/',
    names: ['presharedkey', 'preshared_key'],
    value: '[0-9A-Za-z+/]{43}=',
  }),
  setting({
    id: 'private-json-web-key',
    title: 'Private JSON Web Key',
    severity: 'critical',
    docs: 'https://datatracker.ietf.org/doc/html/rfc7517',
    names: ['"d":"', '"d": "'],
    value: /([0-9A-Za-z_-]{43,700})"/y,
    window: 800,
    around: /"kty"\s?:\s?"(?:RSA|EC|OKP)"/,
    secret: (random) => noise(random, 32).toString('base64url'),
    write: (secret) => `{"kty":"EC","crv":"P-256","x":"made-up","d":"${secret}"}`,
  }),
  token({
    id: 'totp-secret',
    title: 'Secret of one-time passwords',
    docs: 'https://github.com/google/google-authenticator/wiki/Key-Uri-Format',
    starts: ['otpauth://totp/', 'otpauth://hotp/'],
    rest: '[0-9A-Za-z%:@._-]{1,80}\\?secret=[A-Z2-7]{16,64}',
    random: /secret=(.+)$/,
    ownOnly: true,
    scope: 'text',
    check: (text) => !text.endsWith('JBSWY3DPEHPK3PXP') && !/@(?:google|example)\./.test(text),
  }),
];

/** Version 0 and five numbers. */
function isDsa(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && bytes.subarray(2, 8).includes(Buffer.from([2, 1, 0, 2])) && bytes.length > 200;
}
function writeDsa(random: Random): Buffer {
  const number = (length: number): Buffer =>
    Buffer.concat([Buffer.from([2, 0x81, length, 0x7f]), noise(random, length - 1)]);
  const body = Buffer.concat([Buffer.from([2, 1, 0]), number(129), number(21), number(129), number(129), number(20)]);
  return Buffer.concat([Buffer.from([0x30, 0x82, body.length >> 8, body.length & 255]), body]);
}

/** A key packet of version 4 with RSA of 512 bits. */
function writePgp(random: Random, protection: number): Buffer {
  const mpi = (bits: number): Buffer =>
    Buffer.concat([Buffer.from([bits >> 8, bits & 255, 0xc1]), noise(random, bits / 8 - 1)]);
  const secret =
    protection === 0 ? Buffer.concat([mpi(512), mpi(256), mpi(256), mpi(256), noise(random, 2)]) : noise(random, 160);
  const body = Buffer.concat([
    Buffer.from([4, 0x60, 0, 0, 0, 1]),
    mpi(512),
    mpi(24),
    Buffer.from([protection]),
    secret,
  ]);
  return Buffer.concat([Buffer.from([0x95, body.length >> 8, body.length & 255]), body]);
}
