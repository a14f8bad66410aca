/** Roots of trust for certificates, logs and time stamps: from sigstore's JSON or from PEM. */
import { createHash, createPublicKey } from 'node:crypto';
import type { TrustedRootSource } from '@pratique/contract';
import { X509Certificate } from '@sigstore/core';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { SignError } from '../error.ts';

const ALWAYS = { start: new Date(0), end: new Date(8_640_000_000_000_000) };
const MAX_CERTIFICATES = 20;
const noKeys = () => {
  throw new SignError('key-unknown', 'the trusted root holds no keys of signers');
};

/** @throws SignError `policy-invalid`, naming the root */
export function readTrustedRoot(name: string, source: TrustedRootSource): TrustMaterial {
  try {
    const material =
      'pem' in source && isPem(source) ? fromPem(source.pem) : toTrustMaterial(TrustedRoot.fromJSON(source), noKeys);
    if (material.certificateAuthorities.length + material.tlogs.length > 0) return material;
    throw new Error('it names neither certificate authorities nor logs');
  } catch (cause) {
    throw new SignError('policy-invalid', `trustedRoots.${name} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

type PemRoot = Extract<TrustedRootSource, { pem: object }>;

function isPem(source: TrustedRootSource): source is PemRoot {
  return typeof (source as { pem?: unknown }).pem === 'object';
}

function fromPem(pem: PemRoot['pem']): TrustMaterial {
  const log = (url: string, text: string) => {
    const publicKey = createPublicKey(text);
    const der = publicKey.export({ type: 'spki', format: 'der' });
    return { baseURL: url, logID: createHash('sha256').update(der).digest(), publicKey, validFor: ALWAYS };
  };
  return {
    certificateAuthorities:
      pem.certificateAuthority === undefined
        ? []
        : [{ certChain: readChain(pem.certificateAuthority), validFor: ALWAYS }],
    timestampAuthorities: pem.timestampAuthorities.map((text) => ({ certChain: readChain(text), validFor: ALWAYS })),
    tlogs: pem.logs.map(({ url, key }) => log(url, key)),
    ctlogs: pem.certificateLogs.map((key) => log('', key)),
    publicKey: noKeys,
  };
}

function readChain(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('it holds no certificate in PEM');
  return blocks.slice(0, MAX_CERTIFICATES).map((block) => X509Certificate.parse(block));
}
