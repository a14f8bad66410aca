/** Reads a repository's APKINDEX: signature first, then the packages that it offers. */
import { createHash } from 'node:crypto';
import { ComposeError } from '../../error.ts';
import { allMembers } from '../../unpack/gzip-members.ts';
import { readTar } from '../../unpack/read-tar.ts';
import type { Unit } from '../plan/unit.ts';
import type { ApkKeys } from './keys.ts';
import { conflictsOf, needsOf, parseApkRelations, providesOf } from './relations.ts';
import { checkSignatures, takeSignatures } from './signature.ts';

export type ApkOffer = Unit & {
  /** Lines of its stanza in the order in which apk's database has them. */
  header: readonly string[];
  fields: ReadonlyMap<string, string>;
  url: string;
  /** Bytes of the package file. */
  size: number;
  /** Seconds since 1970. */
  built: number;
  /** `v3.20/main`, for the report. */
  suite: string;
};

export type ApkIndex = {
  offers: ApkOffer[];
  /** When its newest package was built, or the index itself, where that is said; all of it is signed. */
  date: Date;
  signedBy: string[];
  digest: string;
};

/** As apk-tools writes them (src/package.c). */
const ORDER = 'CPVASITULomtcDpikg';
const MAX_INDEX_BYTES = 512 * 1024 * 1024;
const MAX_PACKAGE_BYTES = 2 * 1024 * 1024 * 1024;
const MAX_OFFERS = 500_000;
const END = Buffer.alloc(1024);

/**
 * @param place where the packages lie
 * @throws ComposeError `release-signature`, `archive-invalid`, `package-invalid`, `too-large`
 * @see apk-v2(5), "Index Format V2"
 */
export async function readApkIndex(
  bytes: Buffer,
  keys: ApkKeys,
  place: { url: string; folder: string; suite: string },
): Promise<ApkIndex> {
  const signed = await takeSignatures(bytes, place.url, MAX_INDEX_BYTES);
  const signedBy = checkSignatures(signed, keys, place.url);
  const data = Buffer.concat([await allMembers(signed.rest, MAX_INDEX_BYTES, place.url), END]);
  const read = (offset: number, size: number) => data.subarray(offset, offset + size);
  const entry = [...readTar(read, data.length, place.url)].find(({ path }) => path === 'APKINDEX');
  if (!entry) throw new ComposeError('archive-invalid', `${place.url} holds no APKINDEX`);
  const offers: ApkOffer[] = [];
  for (const stanza of read(entry.offset, entry.size).toString('latin1').split('\n\n')) {
    if (stanza.trim() === '') continue;
    if (offers.length >= MAX_OFFERS)
      throw new ComposeError('archive-invalid', `${place.url} lists more than ${MAX_OFFERS} packages`);
    offers.push(parseOffer(stanza, place));
  }
  const newest = offers.reduce((latest, { built }) => Math.max(latest, built), entry.mtime);
  return {
    offers,
    date: new Date(newest * 1000),
    signedBy,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  };
}

function parseOffer(stanza: string, { url, folder, suite }: { url: string; folder: string; suite: string }): ApkOffer {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) if (line[1] === ':') fields.set(line.slice(0, 1), line.slice(2));
  const [name = '', version = '', checksum = ''] = ['P', 'V', 'C'].map((key) => fields.get(key));
  const [size, built] = [Number(fields.get('S')), Number(fields.get('t') ?? 0)];
  const sound = /^[A-Za-z0-9_.+-]+$/.test(name) && /^[A-Za-z0-9_.+~-]+$/.test(version);
  if (!sound || !/^Q[12][A-Za-z0-9+/=]+$/.test(checksum) || !(size >= 0 && size <= MAX_PACKAGE_BYTES))
    throw new ComposeError(
      'archive-invalid',
      `${url} lists ${JSON.stringify(name.slice(0, 100))} ${JSON.stringify(version.slice(0, 100))} without name, version, checksum or size that can be used`,
    );
  const relations = parseApkRelations(fields.get('D'));
  return {
    name,
    version,
    architecture: fields.get('A') ?? 'noarch',
    header: [...fields]
      .sort(([a], [b]) => place(a) - place(b))
      .filter(([, value]) => !/\p{Cc}/u.test(value.replaceAll('\t', '')))
      .map(([key, value]) => `${key}:${value}`),
    fields,
    url: `${folder}/${name}-${version}.apk`,
    size,
    built: Number.isSafeInteger(built) && built > 0 ? built : 0,
    suite,
    provides: providesOf(name, version, fields.get('p')),
    needs: needsOf(relations),
    conflicts: conflictsOf(relations),
    obsoletes: [],
  };
}

function place(key: string): number {
  const at = ORDER.indexOf(key);
  return at < 0 ? ORDER.length : at;
}
