/** Opens a package file of apk: what the index says of it is checked down to its last byte. */
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Download, fetchBounded } from '../../archive/download.ts';
import { ComposeError } from '../../error.ts';
import { allMembers, firstMember } from '../../unpack/gzip-members.ts';
import type { ApkKeys } from './keys.ts';
import type { ApkOffer } from './read-index.ts';
import { checkSignatures, filesIn, type TarFile, takeSignatures } from './signature.ts';

export type OpenApk = {
  offer: ApkOffer;
  /** Fields of .PKGINFO, those that come several times in their order. */
  info: ReadonlyMap<string, readonly string[]>;
  /** `pre-upgrade`, `trigger` and so on. */
  scripts: ReadonlyMap<string, TarFile>;
  /** SHA-256 of the package file. */
  sha256: string;
  /** Where the unpacked data archive lies, with end marks. */
  spool: number;
  dataSize: number;
};

const MAX_CONTROL_BYTES = 64 * 1024 * 1024;
const MAX_DATA_BYTES = 2 * 1024 * 1024 * 1024;
const END = Buffer.alloc(1024);
const SCRIPTS = /^\.((?:pre|post)-(?:install|upgrade|deinstall)|trigger)$/;

/**
 * The chain of trust: the signed index names the hash of the control member, which names the hash of the data. Where the
 * package is signed by a key that is known, that must match too.
 *
 * @throws ComposeError `hash-mismatch`, `package-invalid`, `too-large`, `archive-invalid`, `archive-unreachable`
 */
export async function openApk(offer: ApkOffer, keys: ApkKeys, deps: Download, spoolPath: string): Promise<OpenApk> {
  const origin = `${offer.name} ${offer.version}`;
  const kept = pathInCache(offer, deps.cacheDir);
  const cached = await readFile(kept).catch(() => null);
  if (cached) {
    // Checked like a fresh one: what the cache has is nobody's word.
    const opened = await openBytes(offer, cached, keys, spoolPath).catch(() => null);
    if (opened) return opened;
    await rm(spoolPath, { force: true });
  }
  const bytes = await fetchBounded(deps, offer.url, offer.size);
  if (!bytes)
    throw new ComposeError('archive-invalid', `the repository lists ${origin} but does not have it at ${offer.url}`);
  const opened = await openBytes(offer, bytes, keys, spoolPath);
  await mkdir(dirname(kept), { recursive: true });
  const temporary = `${kept}.${randomUUID()}`;
  await writeFile(temporary, bytes);
  await rename(temporary, kept);
  return opened;
}

function pathInCache(offer: ApkOffer, cacheDir: string): string {
  const key = [offer.name, offer.version, offer.architecture, offer.fields.get('C')].join(' ');
  return join(cacheDir, 'apk', createHash('sha256').update(key).digest('hex'));
}

async function openBytes(offer: ApkOffer, bytes: Buffer, keys: ApkKeys, spoolPath: string): Promise<OpenApk> {
  const origin = `${offer.name} ${offer.version}`;
  if (bytes.length !== offer.size)
    throw new ComposeError('hash-mismatch', `${origin} has ${bytes.length} bytes; the signed index says ${offer.size}`);
  const signed = await takeSignatures(bytes, origin, MAX_CONTROL_BYTES);
  const unsigned = signed.signatures.length === 0;
  const control = await firstMember(unsigned ? bytes : signed.rest, MAX_CONTROL_BYTES, origin);
  checkControl(offer, control.raw, origin);
  const known = signed.signatures.filter(({ key }) => keys.byName.has(key));
  if (known.length > 0) checkSignatures({ rest: control.raw, signatures: known }, keys, origin);
  const files = filesIn(control.data, origin);
  const info = parseInfo(files.find(({ name }) => name === '.PKGINFO')?.bytes.toString('latin1') ?? '');
  const said = info.get('datahash')?.[0];
  if (info.get('pkgname')?.[0] !== offer.name || info.get('pkgver')?.[0] !== offer.version)
    throw new ComposeError('package-invalid', `${origin}: the package says of itself that it is another`);
  if (said !== undefined || control.rest.length > 0) {
    const found = createHash('sha256').update(control.rest).digest('hex');
    if (found !== said)
      throw new ComposeError('hash-mismatch', `${origin}: its data has SHA-256 ${found}; its signed part says ${said}`);
  }
  const data = Buffer.concat([await allMembers(control.rest, MAX_DATA_BYTES, origin), END]);
  const spool = openSync(spoolPath, 'wx+', 0o600);
  try {
    for (let done = 0; done < data.length; ) done += writeSync(spool, data, done, data.length - done, done);
  } catch (error) {
    closeSync(spool);
    throw error;
  }
  const scripts = new Map(
    files.flatMap((file) => {
      const [, name] = SCRIPTS.exec(file.name) ?? [];
      return name === undefined ? [] : [[name, file] as const];
    }),
  );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { offer, info, scripts, sha256, spool, dataSize: data.length };
}

function checkControl(offer: ApkOffer, raw: Buffer, origin: string): void {
  const said = offer.fields.get('C') ?? '';
  const hash = said.startsWith('Q2') ? 'sha256' : 'sha1';
  const found = createHash(hash).update(raw).digest('base64');
  if (said.slice(2) !== found)
    throw new ComposeError(
      'hash-mismatch',
      `${origin}: its control part has ${hash} ${found}; the signed index says ${said.slice(2)}`,
    );
}

function parseInfo(text: string): Map<string, string[]> {
  const info = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([a-z_]+) = (.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    info.set(key, [...(info.get(key) ?? []), value]);
  }
  return info;
}
