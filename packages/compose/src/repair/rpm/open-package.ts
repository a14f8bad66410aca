/** Opens a package file of rpm: signatures and hashes first, then its header, then its payload into a spool file. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { ComposeError } from '../../error.ts';
import { decompress } from '../../unpack/decompress.ts';
import { withoutSha256Check } from '../../unpack/xz-check.ts';
import { filesOf, type RpmFile } from './file-list.ts';
import { RpmHeader, TAG } from './header.ts';
import { evrText } from './package.ts';
import type { RpmOffer } from './read-repository.ts';
import { type RpmKeys, verifyDetached } from './signature.ts';

export type OpenRpm = {
  offer: RpmOffer;
  signature: RpmHeader;
  header: RpmHeader;
  files: RpmFile[];
  /** Where the unpacked payload lies. */
  spool: number;
  payloadSize: number;
  signedBy: string[];
};

const LEAD = 96;
const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024 * 1024;
const SUFFIXES: Record<string, string> = { gzip: '.gz', xz: '.xz', zstd: '.zst', none: '' };
/** Of a header alone, by what made them. */
const HEADER_SIGNATURES = [TAG.openPgp, TAG.rsaHeader, 267] as const;

/**
 * @param bytes checked against the repository's list already
 * @param isVouched whether that list was signed; if not, the package's own signature decides
 * @throws ComposeError `release-signature`, `hash-mismatch`, `package-invalid`, `too-large`
 * @see rpm, docs/manual/format_v4.md
 */
export async function openRpm(
  offer: RpmOffer,
  bytes: Buffer,
  keys: RpmKeys,
  isVouched: boolean,
  now: Date,
  spoolPath: string,
): Promise<OpenRpm> {
  const origin = `${offer.name}-${offer.version}`;
  const broken = (why: string) => new ComposeError('package-invalid', `${origin}: ${why}`);
  if (bytes.length < LEAD || bytes.readUInt32BE(0) !== 0xedabeedb) throw broken('it is no package of rpm');
  const signature = headerAt(bytes, LEAD, broken);
  const length = MAGIC.length + signature.blob.length;
  const start = LEAD + length + ((8 - (length % 8)) % 8);
  const header = headerAt(bytes, start, broken);
  const end = start + MAGIC.length + header.blob.length;
  const payload = bytes.subarray(end);
  const signedBy = isVouched
    ? []
    : await verifySelf(signature, bytes.subarray(start, end), bytes.subarray(start), header, keys, now, origin);
  const found = [header.text(TAG.name), evrText(header), header.text(TAG.architecture)].join(' ');
  if (found !== `${offer.name} ${offer.version} ${offer.architecture}`)
    throw broken(`it says of itself that it is ${found.slice(0, 200)}`);
  checkPayload(header, payload, origin);
  const compressor = header.text(TAG.payloadCompressor) ?? 'gzip';
  const suffix = SUFFIXES[compressor];
  if (suffix === undefined)
    throw broken(`its payload is compressed with ${compressor.slice(0, 20)}, which is not read here`);
  const packed = compressor === 'xz' ? withoutSha256Check(payload) : payload;
  const spool = openSync(spoolPath, 'wx+', 0o600);
  let payloadSize = 0;
  try {
    for await (const part of decompress({ name: `payload.tar${suffix}`, bytes: packed }, MAX_PAYLOAD_BYTES, origin)) {
      for (let done = 0; done < part.length; ) done += writeSync(spool, part, done);
      payloadSize += part.length;
    }
  } catch (error) {
    closeSync(spool);
    throw error;
  }
  return { offer, signature, header, files: filesOf(header), spool, payloadSize, signedBy };
}

function headerAt(bytes: Buffer, at: number, broken: (why: string) => ComposeError): RpmHeader {
  if (!bytes.subarray(at, at + MAGIC.length).equals(MAGIC)) throw broken('its header is not where it must be');
  return RpmHeader.parse(bytes.subarray(at + MAGIC.length), broken);
}

/** A signature of the header, which names the hash of the payload; in old packages one of both together. */
async function verifySelf(
  signature: RpmHeader,
  header: Buffer,
  whole: Buffer,
  parsed: RpmHeader,
  keys: RpmKeys,
  now: Date,
  origin: string,
): Promise<string[]> {
  const isComplete = parsed.has(TAG.payloadDigest);
  const ofHeader = HEADER_SIGNATURES.map((tag) => signature.bytes(tag) ?? armoredOf(signature, tag)).find(Boolean);
  if (ofHeader && isComplete) return verifyDetached(header, ofHeader, keys, now, origin);
  const ofAll = signature.bytes(1002) ?? signature.bytes(1005);
  if (ofAll) return verifyDetached(whole, ofAll, keys, now, origin);
  throw new ComposeError(
    'release-signature',
    `${origin} is refused: neither it nor the list of its repository carries a signature that covers all of it`,
  );
}

/** rpm 6 has them in base64. */
function armoredOf(signature: RpmHeader, tag: number): Buffer | null {
  const text = tag === TAG.openPgp ? signature.text(tag) : null;
  return text === null ? null : Buffer.from(text, 'base64');
}

function checkPayload(header: RpmHeader, payload: Buffer, origin: string): void {
  const said = header.text(TAG.payloadDigest);
  if (said === null) return;
  const algorithm = { 8: 'sha256', 10: 'sha512' }[header.number(TAG.payloadDigestAlgo) ?? 8];
  if (!algorithm) throw new ComposeError('package-invalid', `${origin}: its payload's hash is of an unknown kind`);
  const found = createHash(algorithm).update(payload).digest('hex');
  if (found !== said)
    throw new ComposeError(
      'hash-mismatch',
      `${origin}: its payload has ${algorithm} ${found}; its header says ${said}`,
    );
}
