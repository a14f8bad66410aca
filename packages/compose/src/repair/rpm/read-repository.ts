/** Reads one repository: its signed list of lists, its packages, what of them are security updates, its modules. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Download, fetchBounded, fetchVerified } from '../../archive/download.ts';
import { ComposeError } from '../../error.ts';
import { unxz } from '../../unpack/xz.ts';
import type { Unit } from '../plan/unit.ts';
import { type Dependency, OPERATORS, relationOf, rpmNeeds, rpmProvides } from './relations.ts';
import { type RpmKeys, verifyDetached } from './signature.ts';
import { formatEvr } from './version.ts';
import { attributesOf, decodeText, elementAttributes, elementsOf, elementText, partsOf, section } from './xml.ts';

export type RpmOffer = Unit & {
  url: string;
  sha256: string;
  size: number;
  source: string;
  suite: string;
  /** Whether the list that names it was signed. */
  isVouched: boolean;
  /** Seconds since 1970. */
  built: number;
  /** `name:stream` where it belongs to a module. */
  module: string | null;
};

export type RpmRepository = {
  url: string;
  digest: string;
  date: Date;
  signedBy: string[];
  offers: RpmOffer[];
  /** `name version architecture` of security updates; null where the repository says nothing about that. */
  security: ReadonlySet<string> | null;
};

type Listed = { type: string; href: string; checksum: string; size: number };

const MAX_REPOMD = 4 * 1024 * 1024;
const MAX_LIST = 512 * 1024 * 1024;
const MAX_OPEN = 1024 * 1024 * 1024;
const MAX_PACKAGE_BYTES = 2 * 1024 * 1024 * 1024;
const MAX_MODULES = 256 * 1024 * 1024;
const MAX_LINE = 500;
const ARTIFACT = /^\s*- (\S+)-(\d+):(\S+)\.([a-z0-9_]+)\s*$/;
const MAX_PACKAGES = 500_000;
const HREF = /^[A-Za-z0-9_][A-Za-z0-9_.+~^%/-]*$/;

/**
 * @param base address of the repository, above `repodata`
 * @returns null where there is none
 * @throws ComposeError `release-signature`, `hash-mismatch`, `archive-invalid`, `archive-unreachable`, `too-large`
 */
export async function readRpmRepository(
  base: string,
  suite: string,
  architecture: string,
  keys: RpmKeys,
  deps: Download & { now: () => Date },
): Promise<RpmRepository | null> {
  const url = `${base}/repodata/repomd.xml`;
  const repomd = await fetchBounded(deps, url, MAX_REPOMD);
  if (!repomd) return null;
  const signature = await fetchBounded(deps, `${url}.asc`, MAX_REPOMD);
  const signedBy = signature ? await verifyDetached(repomd, signature, keys, deps.now(), url) : [];
  const text = repomd.toString('utf8');
  const lists = listsOf(repomd, url);
  const open = async (type: string): Promise<Buffer | null> => {
    const list = lists.find((each) => each.type === type);
    if (!list) return null;
    const expected = { sha256: list.checksum, size: list.size };
    const { bytes } = await fetchVerified(deps, [`${base}/${list.href}`], expected, `${base}/${list.href}`);
    return unpack(bytes, list.href);
  };
  const primary = await open('primary');
  if (!primary) throw new ComposeError('archive-invalid', `${url} lists no primary.xml`);
  const modules = modulesOf(await open('modules'));
  const offers: RpmOffer[] = [];
  for (const part of partsOf(primary, 'package')) {
    const offer = offerOf(part, architecture, { base, suite, isVouched: signedBy.length > 0, modules });
    if (offer) offers.push(offer);
    if (offers.length > MAX_PACKAGES)
      throw new ComposeError('archive-invalid', `${url} lists more than ${MAX_PACKAGES} packages`);
  }
  const security = securityOf(await open('updateinfo'));
  const revision = Number(elementText(text, 'revision'));
  const stamps = [...text.matchAll(/<timestamp>(\d{1,12})(?:\.\d+)?<\/timestamp>/g)].map(([, stamp]) => Number(stamp));
  const date = Math.max(0, ...stamps, revision > 1e9 && revision < 1e11 ? revision : 0);
  return {
    url,
    digest: `sha256:${createHash('sha256').update(repomd).digest('hex')}`,
    date: new Date(date * 1000),
    signedBy,
    offers,
    security,
  };
}

function listsOf(repomd: Buffer, url: string): Listed[] {
  return [...elementsOf(repomd, 'data')].map((xml) => {
    const { type = '' } = elementAttributes(xml, 'data');
    const { href = '' } = elementAttributes(xml, 'location');
    const kind = elementAttributes(xml, 'checksum')['type'] ?? '';
    const checksum = elementText(xml, 'checksum') ?? '';
    const size = Number(elementText(xml, 'size'));
    if (!HREF.test(href) || href.split('/').includes('..'))
      throw new ComposeError('archive-invalid', `${url} names ${JSON.stringify(href.slice(0, 100))}`);
    const isNeeded = type === 'primary' || type === 'updateinfo' || type === 'modules';
    if (
      isNeeded &&
      (kind !== 'sha256' || !/^[0-9a-f]{64}$/.test(checksum) || !Number.isSafeInteger(size) || size > MAX_LIST)
    )
      throw new ComposeError(
        'archive-invalid',
        `${url} names ${href.slice(0, 200)} without SHA-256 and size that can be used`,
      );
    return { type, href, checksum, size };
  });
}

/** @throws ComposeError `archive-invalid`, `too-large` */
async function unpack(bytes: Buffer, name: string): Promise<Buffer> {
  if (name.endsWith('.xz')) return unxz(bytes, MAX_OPEN, name);
  const stream = name.endsWith('.gz') ? createGunzip() : name.endsWith('.zst') ? createZstdDecompress() : null;
  if (!stream) return bytes;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of Readable.from([bytes]).pipe(stream) as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > MAX_OPEN) throw new ComposeError('too-large', `${name} unpacks to more than ${MAX_OPEN} bytes`);
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof ComposeError) throw cause;
    throw new ComposeError('archive-invalid', `${name} cannot be unpacked`, { cause });
  }
  return Buffer.concat(parts, size);
}

type Place = { base: string; suite: string; isVouched: boolean; modules: ReadonlyMap<string, string> };

/** Null for sources and other architectures. */
function offerOf(part: Buffer, architecture: string, { base, suite, isVouched, modules }: Place): RpmOffer | null {
  const xml = part.toString('utf8');
  const own = elementText(xml, 'arch') ?? '';
  if (own !== architecture && own !== 'noarch') return null;
  const name = elementText(xml, 'name') ?? '';
  const { epoch = '0', ver = '', rel = '' } = elementAttributes(xml, 'version');
  const version = formatEvr({ epoch, version: ver, release: rel });
  const { href = '' } = elementAttributes(xml, 'location');
  const sha256 = elementText(xml, 'checksum') ?? '';
  const isSha256 = elementAttributes(xml, 'checksum')['type'] === 'sha256';
  const size = Number(elementAttributes(xml, 'size')['package']);
  const sound = /^[A-Za-z0-9_.+-]+$/.test(name) && /^[A-Za-z0-9_.+~^-]+$/.test(`${ver}-${rel}`) && /^\d+$/.test(epoch);
  if (!sound || !isSha256 || !/^[0-9a-f]{64}$/.test(sha256) || !(size >= 0 && size <= MAX_PACKAGE_BYTES))
    throw new ComposeError(
      'archive-invalid',
      `${base} lists ${JSON.stringify(name.slice(0, 100))} without name, version, SHA-256 or size that can be used`,
    );
  if (!HREF.test(href) || href.split('/').includes('..'))
    throw new ComposeError('archive-invalid', `${base} names ${JSON.stringify(href.slice(0, 100))}`);
  const relations = lazily(part);
  const hasObsoletes = xml.includes('<rpm:obsoletes>');
  return {
    name: kept(name),
    version: kept(version),
    architecture: kept(own),
    get provides() {
      return relations().provides;
    },
    get needs() {
      return relations().needs;
    },
    get conflicts() {
      return relations().conflicts;
    },
    get obsoletes() {
      return hasObsoletes ? relations().obsoletes : NONE;
    },
    url: kept(`${base}/${href}`),
    sha256: kept(sha256),
    size,
    source: kept((elementText(xml, 'rpm:sourcerpm') ?? '').replace(/-[^-]+-[^-]+$/, '') || name),
    suite,
    isVouched,
    built: Number(elementAttributes(xml, 'time')['build']) || 0,
    module: modules.get(`${name} ${version} ${own}`) ?? null,
  };
}

const NONE: RpmOffer['obsoletes'] = [];

/** A copy: parts of a text would keep all of it. */
const kept = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

/** Most packages of a repository are never asked what they need and give: they are read when they are. */
function lazily(part: Buffer): () => Pick<Unit, 'provides' | 'needs' | 'conflicts' | 'obsoletes'> {
  let found: ReturnType<ReturnType<typeof lazily>> | null = null;
  return () => {
    if (found) return found;
    const xml = part.toString('utf8');
    const relations = (kind: string) => entriesOf(section(xml, `rpm:${kind}`));
    const plain = (kind: string) =>
      relations(kind)
        .filter(({ name }) => !name.startsWith('('))
        .map(relationOf);
    const files = [...xml.matchAll(/<file(?:\s[^<>]*)?>([^<]*)<\/file>/g)];
    found = {
      provides: [
        ...rpmProvides(relations('provides')),
        ...files.map(([, path = '']) => ({ name: decodeText(path), version: null })),
      ],
      needs: rpmNeeds(relations('requires')),
      conflicts: plain('conflicts'),
      obsoletes: plain('obsoletes'),
    };
    return found;
  };
}

function entriesOf(xml: string): Dependency[] {
  return [...xml.matchAll(/<rpm:entry\s([^<>]*)>/g)].map(([, tag = '']) => {
    const { name = '', flags = '', epoch = '0', ver = '', rel } = attributesOf(tag);
    const operator = OPERATORS[flags] ?? '';
    return { name, operator, version: operator === '' ? '' : formatEvr({ epoch, version: ver, release: rel ?? null }) };
  });
}

/** Packages of advisories whose type is security; null where there are no advisories at all. */
function securityOf(updateinfo: Buffer | null): ReadonlySet<string> | null {
  if (!updateinfo) return null;
  const found = new Set<string>();
  for (const xml of elementsOf(updateinfo, 'update')) {
    if (elementAttributes(xml, 'update')['type'] !== 'security') continue;
    for (const [, tag = ''] of xml.matchAll(/<package\s([^<>]*)>/g)) {
      const { name = '', epoch = '0', version = '', release = '', arch = '' } = attributesOf(tag);
      found.add(`${name} ${formatEvr({ epoch: epoch || '0', version, release })} ${arch}`);
    }
  }
  return found;
}

/** Modules by the packages that are in them, from the documents of modules.yaml. */
function modulesOf(yaml: Buffer | null): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if ((yaml?.length ?? 0) > MAX_MODULES)
    throw new ComposeError('too-large', `the list of modules has more than ${MAX_MODULES} bytes`);
  for (const document of (yaml?.toString('utf8') ?? '').split(/^---/m)) {
    if (!/^document:\s*modulemd\s*$/m.test(document)) continue;
    const value = (key: string) => new RegExp(`^  ${key}:\\s*["']?([^"'\\s]+)["']?\\s*$`, 'm').exec(document)?.[1];
    const [name, stream] = [value('name'), value('stream')];
    if (!name || !stream) continue;
    for (const line of document.split('\n')) {
      if (line.length > MAX_LINE) continue;
      const [, called, epoch = '0', rest = '', arch = ''] = ARTIFACT.exec(line) ?? [];
      const dash = rest.lastIndexOf('-');
      if (called === undefined || dash < 0) continue;
      const version = formatEvr({ epoch, version: rest.slice(0, dash), release: rest.slice(dash + 1) });
      found.set(`${called} ${version} ${arch}`, `${name}:${stream}`);
    }
  }
  return found;
}
