/** The built-in certificate authority: one for the instance, its key encrypted like all others. */
import 'reflect-metadata';
import { createPublicKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { decryptKey, encryptKey, generateKey, type KeyEnvelope, type MasterKey } from '@pratique/sign';
import { sql } from 'kysely';
import { asSystem, type Db, type Tx } from '../db/connect.ts';

const PURPOSE = 'authority/instance';
const YEARS = 10;
const LEAF_DAYS = 90;
/** Clocks of clusters may be behind: by a whole time zone where somebody set one by hand. */
export const BACKDATED_MS = 25 * 3_600_000;
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

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
    caPem: authority.certificate.toString('pem'),
  };
}

export type Authority = { certificate: x509.X509Certificate; key: webcrypto.CryptoKey };

/** The instance's authority, made at its first use. */
export async function ensureAuthority(db: Db, master: MasterKey, now: Date): Promise<Authority> {
  return asSystem(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(8480004)`.execute(tx);
    const row = (await readAuthority(tx)) ?? (await makeAuthority(tx, master, now));
    const key = decryptKey(row.wrapped, PURPOSE, [master]);
    return { certificate: new x509.X509Certificate(row.certificate_pem), key: await toWebKey(key, ['sign']) };
  });
}

type Row = { certificate_pem: string; wrapped: KeyEnvelope };

async function readAuthority(tx: Tx): Promise<Row | undefined> {
  const { rows } = await sql<Row>`select certificate_pem, wrapped from authority where name = 'instance'`.execute(tx);
  return rows[0];
}

async function makeAuthority(tx: Tx, master: MasterKey, now: Date): Promise<Row> {
  const key = generateKey();
  const keys = {
    privateKey: await toWebKey(key, ['sign']),
    publicKey: await toWebKey(createPublicKey(key), ['verify']),
  };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Pratique instance authority',
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
  const row = { certificate_pem: certificate.toString('pem'), wrapped: encryptKey(key, PURPOSE, master) };
  await sql`insert into authority (name, certificate_pem, wrapped) values ('instance', ${row.certificate_pem}, ${JSON.stringify(row.wrapped)}::jsonb)`.execute(
    tx,
  );
  return row;
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
