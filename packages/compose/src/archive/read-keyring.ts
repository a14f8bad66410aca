/** Turns what a source says under Signed-By into a keyring. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComposeError } from '../error.ts';
import type { Keyring } from './verify-release.ts';

const MAX_KEYRING_BYTES = 4 * 1024 * 1024;

/**
 * Loads the keys of a source: a file, a key block in the source itself, or fingerprints out of apt's own keyrings.
 *
 * @param signedBy the value of Signed-By; null for apt's own keyrings
 * @throws ComposeError `sources-invalid`
 */
export async function readKeyring(signedBy: string | null, aptDir: string): Promise<Keyring> {
  if (signedBy?.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) {
    // deb822 writes an empty line as a lone dot and indents the rest.
    const block = signedBy.split('\n').map((line) => (line.trim() === '.' ? '' : line.trim()));
    return { name: 'the key in the source', bytes: Buffer.from(block.join('\n')), fingerprints: [] };
  }
  const words = signedBy?.split(/[\s,]+/).filter(Boolean) ?? [];
  const files = words.filter((word) => word.startsWith('/'));
  const fingerprints = words.filter((word) => /^[0-9A-Fa-f]{40}!?$/.test(word)).map((word) => word.replace('!', ''));
  if (files.length + fingerprints.length !== words.length) {
    throw new ComposeError(
      'sources-invalid',
      `Signed-By holds neither a path nor fingerprints: ${signedBy?.slice(0, 100)}`,
    );
  }
  const paths = files.length > 0 ? files : await trustedKeyrings(aptDir);
  const contents = await Promise.all(paths.map(readOne));
  return { name: paths.join(', '), bytes: joined(contents), fingerprints };
}

/** Keyrings for all sources without Signed-By (apt-key(8), "FILES"). */
async function trustedKeyrings(aptDir: string): Promise<string[]> {
  const folder = join(aptDir, 'trusted.gpg.d');
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.(gpg|asc)$/.test(name)).sort();
  if (names.length === 0)
    throw new ComposeError('sources-invalid', `${folder} holds no keyring, and the source names none`);
  return names.map((name) => join(folder, name));
}

async function readOne(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ComposeError('sources-invalid', `the keyring ${path} cannot be read`, { cause });
  });
  if (bytes.length > MAX_KEYRING_BYTES) throw new ComposeError('sources-invalid', `the keyring ${path} is too large`);
  return bytes;
}

/** Keyrings are sequences of packets or of armored blocks; one kind only may be joined. */
function joined(contents: Buffer[]): Buffer {
  const armored = contents.filter((bytes) => bytes.includes('-----BEGIN PGP'));
  return Buffer.concat(armored.length > 0 ? armored : contents);
}
