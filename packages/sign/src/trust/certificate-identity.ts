/** Who a signing certificate says signed: issuer, subject and the extensions of Fulcio. */
import type { CertificateExtensions } from '@pratique/contract';
import type { X509Certificate } from '@sigstore/core';
import { SignError } from '../error.ts';

export type CertificateIdentity = {
  issuer: string | null;
  subject: string;
  extension(name: keyof CertificateExtensions): string | null;
};

const ISSUER_V1 = '1.3.6.1.4.1.57264.1.1';
const ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';
const SUBJECT_ALT_NAME = '2.5.29.17';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const MAX_TEXT = 2000;

/** @see sigstore/fulcio docs/oid-info.md */
const OIDS: Record<keyof CertificateExtensions, string> = {
  buildSigner: '1.3.6.1.4.1.57264.1.9',
  runnerEnvironment: '1.3.6.1.4.1.57264.1.11',
  sourceRepository: '1.3.6.1.4.1.57264.1.12',
  sourceRef: '1.3.6.1.4.1.57264.1.14',
  sourceOwner: '1.3.6.1.4.1.57264.1.16',
  buildConfig: '1.3.6.1.4.1.57264.1.18',
  buildTrigger: '1.3.6.1.4.1.57264.1.20',
};

/**
 * Reads a certificate whose chain was verified.
 * @throws SignError `signature-invalid` for one that is not made for signing, or names nobody or several
 */
export function readIdentity(certificate: X509Certificate): CertificateIdentity {
  if (certificate.isCA) throw refuse('is an authority’s, not a signer’s');
  const usages = certificate.extension(EXTENDED_KEY_USAGE)?.valueObj.subs[0]?.subs.map((sub) => sub.toOID()) ?? [];
  if (!usages.includes(CODE_SIGNING)) throw refuse('is not made for signing code');
  // With two names one reader would take the first and another the second.
  if (certificate.extension(SUBJECT_ALT_NAME)?.valueObj.subs[0]?.subs.length !== 1)
    throw refuse('does not name exactly one signer');
  const subject = certificate.subjectAltName ?? '';
  if (subject === '' || subject.length > MAX_TEXT) throw refuse('names no signer');
  return {
    issuer: textOf(certificate, ISSUER_V2) ?? rawTextOf(certificate, ISSUER_V1),
    subject,
    extension: (name) => textOf(certificate, OIDS[name]),
  };
}

/** An extension that holds a DER string. */
function textOf(certificate: X509Certificate, oid: string): string | null {
  const value = certificate.extension(oid)?.valueObj.subs[0]?.value;
  return value && value.length <= MAX_TEXT ? value.toString('utf8') : null;
}

/** Fulcio's first extensions hold the text as it is. */
function rawTextOf(certificate: X509Certificate, oid: string): string | null {
  const value = certificate.extension(oid)?.value;
  return value && value.length <= MAX_TEXT ? value.toString('utf8') : null;
}

function refuse(why: string): SignError {
  return new SignError('signature-invalid', `the certificate ${why}`);
}
