/** Keys that sign apk's indexes, by the names that signatures call them: those of whoever repairs. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ComposeError } from '../../error.ts';
import type { Tree } from '../../files/tree.ts';

/** `fingerprint` is SHA-256 over the key's SubjectPublicKeyInfo, in hex. */
export type ApkKey = { key: KeyObject; fingerprint: string };
export type ApkKeys = { name: string; byName: ReadonlyMap<string, ApkKey> };

const MAX_KEY_BYTES = 64 * 1024;
const MAX_KEYS = 200;
const MIN_BITS = 2048;
/** Where a machine of Alpine's has them. */
const MACHINE_FOLDERS = ['/etc/apk/keys', '/usr/share/apk/keys'] as const;
const IMAGE_FOLDERS = ['/etc/apk/keys', '/usr/share/apk/keys', '/usr/lib/apk/keys'] as const;

/**
 * The keys of Alpine's developers, as Debian's package alpine-chroot-install carries them: keys out of an image count only
 * where they are these.
 */
const KNOWN: ReadonlySet<string> = new Set([
  '4e0c26751a474db486b0a8f37e37ff02e12465e8cea8ef08614ac173cb870f28',
  '40e738cce781c04cac98adf11a1574efdf84209661f6c93098013a0b4809ca00',
  'cc0b5f10577afdbb3ec288feae97d5681d508cd7086e45693a938e92322d5c5c',
  'bb1f0937c138e81a838e0958c4c756547dac85794e38bf1a5536a0808dcf95f2',
  '635a0325ac8c11ec329698586cd2a8e54c18ba376d5d4bc215a489e1a774fb88',
  'f3d1a46b632166cee03485c05b63fd8687a7a7d8b1d27528718029c63a955319',
  '556c20b04b6b517652477f20108350367c125994f07196d765bd836063ffc236',
  'c0bd6da992b7158927aae7c11fc416a2c7d63fd2a47db238a0e8f636ebf2fc9d',
  '8a70fc55f1a6fb2a392ad5a3e71aff82a637b2b33659c046f6b6a909bb5d1ab7',
  '06216db06044f26845ff610f2c253863b9e01fbd4c5557871b8bfa2f5ac96e95',
  '4cff6544e8548bd10f959de619ab2184867c8016f03a5c6b8da6f3e88bfb1625',
  '654f5e12a67c95bedf92da80b6257abba7fe1df6698820825d793a33d677e3a1',
  '2ace5cf3235c095544c26ec946611836f39324aa264f75862fe0332eb17f0975',
  '45d409999dd3e16dfce19757fc48f238ae775d17ca319e08e474a471f1ab6521',
  '479f16f4170a9ea0c65e1de854860949b1a549cfa1f43552f7a2e821c9e2f409',
  '32246c9a9673e3f6e7bef6c96031883d23078f41094ea6636d19a697f356420a',
]);

/**
 * A key file or a folder of them where one is named; else the machine's own, else those of the image that are known here.
 *
 * @throws ComposeError `sources-invalid` where there is no key at all
 */
export async function readApkKeys(place: string | undefined, tree: Tree): Promise<ApkKeys> {
  if (place !== undefined) return required(place, await keysAt(place, true));
  for (const folder of MACHINE_FOLDERS) {
    const found = await keysAt(folder, false);
    if (found.size > 0) return { name: folder, byName: found };
  }
  return required('the image’s keys that are known here', keysOfImage(tree));
}

function required(name: string, byName: Map<string, ApkKey>): ApkKeys {
  if (byName.size === 0)
    throw new ComposeError(
      'sources-invalid',
      `${name}: there is no RSA key that may sign the repository; name a file or folder of *.rsa.pub with --keyring`,
    );
  return { name, byName };
}

async function keysAt(place: string, named: boolean): Promise<Map<string, ApkKey>> {
  const status = await stat(place).catch(() => null);
  if (!status) {
    if (named) throw new ComposeError('sources-invalid', `the key ${place} cannot be read`);
    return new Map();
  }
  const paths = status.isDirectory()
    ? (await readdir(place)).filter((name) => name.endsWith('.pub')).map((name) => join(place, name))
    : [place];
  const keys = new Map<string, ApkKey>();
  for (const path of paths.sort().slice(0, MAX_KEYS)) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    const key = parseKey(bytes);
    if (key) keys.set(basename(path), key);
    else if (named && paths.length === 1)
      throw new ComposeError('sources-invalid', `${path} is no public RSA key of ${MIN_BITS} bits or more in PEM`);
  }
  return keys;
}

function keysOfImage(tree: Tree): Map<string, ApkKey> {
  const keys = new Map<string, ApkKey>();
  for (const folder of IMAGE_FOLDERS) {
    const node = tree.find(folder);
    if (node?.kind !== 'directory') continue;
    for (const name of [...node.entries.keys()].sort().slice(0, MAX_KEYS)) {
      const file = tree.find(`${folder}/${name}`);
      const key = file?.kind === 'file' && file.content.size <= MAX_KEY_BYTES ? parseKey(file.content.read()) : null;
      if (key && KNOWN.has(key.fingerprint)) keys.set(name, key);
    }
  }
  return keys;
}

function parseKey(bytes: Buffer): ApkKey | null {
  if (bytes.length === 0 || bytes.length > MAX_KEY_BYTES || !bytes.includes('-----BEGIN PUBLIC KEY-----')) return null;
  try {
    const key = createPublicKey(bytes);
    if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS) return null;
    const der = key.export({ type: 'spki', format: 'der' });
    return { key, fingerprint: createHash('sha256').update(der).digest('hex') };
  } catch {
    return null;
  }
}
