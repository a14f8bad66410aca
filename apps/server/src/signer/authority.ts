/** The built-in certificate authority of the instance, and another beside it while it is rotated; keys encrypted like all others. */
import 'reflect-metadata';
import { createHash, createPublicKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { decryptKey, encryptKey, generateKey, type KeyEnvelope, type MasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';

/** Of every row: a key keeps its purpose when its row is renamed. */
const PURPOSE = 'authority/instance';
const YEARS = 10;
const LEAF_DAYS = 90;
/** Clocks of clusters may be behind: by a whole time zone where somebody set one by hand. */
export const BACKDATED_MS = 25 * 3_600_000;
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

/** `caPem`: all authorities that count, the one that issued this first. */
export type ServerCertificate = { certificatePem: string; keyPem: string; caPem: string };

/**
 * A certificate for a TLS server with these DNS names and addresses (RFC 5280).
 * @param validMs from `now`; 90 days unless said otherwise
 */
export async function issueServerCertificate(
  db: Db,
  master: MasterKey,
  names: readonly string[],
  now: Date,
  validMs: number = LEAF_DAYS * DAY_MS,
): Promise<ServerCertificate> {
  const authority = await ensureAuthority(db, master, now);
  const key = generateKey();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${names[0] ?? 'pratique'}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + validMs),
    publicKey: await toWebKey(createPublicKey(key), ['verify']),
    signingKey: authority.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  return {
    certificatePem: certificate.toString('pem'),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    caPem: authority.bundlePem,
  };
}

/** Which one issues, and PEM of all that count: that one first, then the one that is to come, then the one before. */
export type Authority = { certificate: x509.X509Certificate; key: webcrypto.CryptoKey; bundlePem: string };

/** Certificates of agents live a day and can be renewed for 30 more; after that the authority before has nothing to say. */
export const PREVIOUS_COUNTS_DAYS = 31;

/** The instance's authority, made at its first use. */
export async function ensureAuthority(db: Db, master: MasterKey, now: Date): Promise<Authority> {
  return asSystem(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(8480004)`.execute(tx);
    const rows = await readAuthorities(tx);
    const issuing = rows.find((row) => row.name === 'instance') ?? (await insertFirst(tx, master, now));
    const others = rows.filter((row) => row.name !== 'instance').map((row) => row.certificate_pem);
    const key = decryptKey(issuing.wrapped, PURPOSE, [master]);
    return {
      certificate: new x509.X509Certificate(issuing.certificate_pem),
      key: await toWebKey(key, ['sign']),
      bundlePem: [issuing.certificate_pem, ...others].map((pem) => pem.trim()).join('\n'),
    };
  });
}

type Made = { certificate_pem: string; wrapped: KeyEnvelope };

async function readAuthorities(tx: Tx): Promise<(Made & { name: string })[]> {
  const { rows } = await sql<Made & { name: string }>`
    select name, certificate_pem, wrapped from authority
    where name <> 'previous' or changed_at > now() - make_interval(days => ${PREVIOUS_COUNTS_DAYS}) order by name`.execute(
    tx,
  );
  return rows;
}

async function insertFirst(tx: Tx, master: MasterKey, now: Date): Promise<Made> {
  const made = await makeAuthority(master, now);
  const row = { certificate_pem: made.certificatePem, wrapped: made.wrapped };
  await sql`insert into authority (name, certificate_pem, wrapped) values ('instance', ${row.certificate_pem}, ${JSON.stringify(row.wrapped)}::jsonb)`.execute(
    tx,
  );
  return row;
}

/** A new key and its certificate, stored nowhere; the key leaves encrypted alone. */
export async function makeAuthority(
  master: MasterKey,
  now: Date,
): Promise<{ certificatePem: string; wrapped: KeyEnvelope }> {
  const key = generateKey();
  const publicKey = createPublicKey(key);
  const keys = { privateKey: await toWebKey(key, ['sign']), publicKey: await toWebKey(publicKey, ['verify']) };
  // A name of its own, so that a verifier finds the issuer by name alone where there are two.
  const name = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 8);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Pratique instance authority ${name}`,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + YEARS * 365 * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), wrapped: encryptKey(key, PURPOSE, master) };
}

async function toWebKey(key: KeyObject, usages: ('sign' | 'verify')[]): Promise<webcrypto.CryptoKey> {
  const isPrivate = usages.includes('sign');
  const der = isPrivate ? key.export({ type: 'pkcs8', format: 'der' }) : key.export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey(
    isPrivate ? 'pkcs8' : 'spki',
    new Uint8Array(der),
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    usages,
  );
}

/** 126 random bits, positive (RFC 5280, 4.1.2.2; CA/Browser Forum asks for 64 at least). */
export function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
