/** Signatures in front of apk's files: a first gzip member that signs what follows it. */
import { verify } from 'node:crypto';
import { ComposeError } from '../../error.ts';
import { firstMember } from '../../unpack/gzip-members.ts';
import { readTar } from '../../unpack/read-tar.ts';
import type { ApkKeys } from './keys.ts';

const MAX_SIGNATURE_BYTES = 256 * 1024;
const HASHES: Record<string, string> = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' };
/** Members of apk's files but the last leave out the end of a tar archive. */
const END = Buffer.alloc(1024);

export type TarFile = { name: string; bytes: Buffer; mode: number; mtime: number };

/** Files of a small archive in memory. @throws ComposeError `package-invalid` */
export function filesIn(data: Buffer, origin: string): TarFile[] {
  const bytes = Buffer.concat([data, END]);
  const read = (offset: number, size: number) => bytes.subarray(offset, offset + size);
  return [...readTar(read, bytes.length, origin)]
    .filter(({ type }) => type === 'file')
    .map(({ path, offset, size, mode, mtime }) => ({ name: path, bytes: read(offset, size), mode, mtime }));
}

export type Signed = {
  /** What the signature is about. */
  rest: Buffer;
  /** Names of signatures with what they are made with and their bytes. */
  signatures: { hash: string; key: string; bytes: Buffer }[];
};

/** Takes the signatures off; there are none where the first member is no archive of them. @throws ComposeError `package-invalid`, `too-large` */
export async function takeSignatures(bytes: Buffer, origin: string, limit = MAX_SIGNATURE_BYTES): Promise<Signed> {
  if (bytes.subarray(0, 3).toString('latin1') === 'ADB')
    throw new ComposeError('package-invalid', `${origin} is in the format of apk-tools 3, which is not read here`);
  const first = await firstMember(bytes, limit, origin);
  const signatures = filesIn(first.data, origin).flatMap(({ name, bytes: content }) => {
    const [, kind = '', key] = /^\.SIGN\.(\w+)\.([^/]+)$/.exec(name) ?? [];
    const hash = HASHES[kind];
    return hash !== undefined && key !== undefined ? [{ hash, key, bytes: content }] : [];
  });
  return { rest: first.rest, signatures };
}

/**
 * The keys whose signatures are good. One suffices; a signature by a key that is there and does not match is refused.
 *
 * @returns names of keys with their fingerprints
 * @throws ComposeError `release-signature`
 */
export function checkSignatures({ rest, signatures }: Signed, keys: ApkKeys, origin: string): string[] {
  const good: string[] = [];
  for (const { hash, key: name, bytes } of signatures) {
    const known = keys.byName.get(name);
    if (!known) continue;
    if (!verify(hash, rest, known.key, bytes))
      throw new ComposeError('release-signature', `${origin} is refused: the signature by ${name} does not match`);
    good.push(`${name} ${known.fingerprint}`);
  }
  if (good.length > 0) return good.sort();
  const by = signatures.map(({ key }) => key).join(', ');
  throw new ComposeError(
    'release-signature',
    `${origin} is refused: ${by === '' ? 'it carries no signature' : `it is signed by ${by.slice(0, 300)}`}, and ${keys.name} has no such key`,
  );
}
