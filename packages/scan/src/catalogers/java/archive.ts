/** Reads jars and what is nested in them. */
import { createHash } from 'node:crypto';
import type { PackageType } from '@pratique/contract';
import type { ZipEntry } from '../../zip/directory.ts';
import {
  isZipProblem,
  newBudget,
  openZip,
  type ZipArchive,
  type ZipBudget,
  type ZipProblem,
} from '../../zip/zip-archive.ts';
import { spdxLicence } from '../licence.ts';
import { makePurl } from '../purl.ts';
import { identify, splitFileName } from './identity.ts';
import { parseManifest } from './manifest.ts';
import { type Pom, parsePomProperties, parsePomXml } from './pom.ts';

export const ARCHIVE = /\.(?:jar|war|ear|par|sar|jpi|hpi|nar|kar|lpkg)$/i;

const MAVEN = /^(?:.*\/)?META-INF\/maven\/([^/]+\/[^/]+)\/pom\.(properties|xml)$/;

/** An `ear` with a `war` with a jar is three; nobody builds more than a few, and each costs another pass. */
const MAX_DEPTH = 10;
const MAX_NESTED = 256 * 1024 * 1024;
const MAX_POM = 1024 * 1024;
const MAX_MANIFEST = 8 * 1024 * 1024;
/** Of all poms and manifests in one file together: reading text costs more than expanding it. */
const MAX_TEXTS = 64 * 1024 * 1024;
const MAX_POMS = 2000;
const MAX_PACKAGES = 20_000;
const MAX_PROBLEMS = 30;

/** `inner` is the place inside the file: empty for the file itself. */
export type JarPackage = {
  name: string;
  version: string;
  type: PackageType;
  licenses: string[];
  purl?: string;
  inner: string;
};
export type JarRead = {
  packages: JarPackage[];
  problems: { kind: ZipProblem['kind']; what: 'jar' | 'jar-coordinates'; inner: string; detail: string }[];
};

type Walk = { read: JarRead; budget: ZipBudget; texts: number; problems: number };

/** All packages of a jar and of what is nested in it; what was not read is named. Throws nothing. */
export function readJar(path: string, content: Buffer): JarRead {
  const walk: Walk = { read: { packages: [], problems: [] }, budget: newBudget(), texts: MAX_TEXTS, problems: 0 };
  // The view that tools have of a Java runtime: a part of it, and of no repository.
  if (/(?:^|\/)lib\/jrt-fs\.jar$/.test(path)) return walk.read;
  try {
    readArchive(walk, path.slice(path.lastIndexOf('/') + 1), '', content, 1);
  } catch (error) {
    note(walk, 'unreadable', 'jar', '', `it could not be read: ${error instanceof Error ? error.message : 'unknown'}`);
  }
  return walk.read;
}

function readArchive(walk: Walk, fileName: string, inner: string, bytes: Buffer, depth: number): void {
  const archive = openZip(bytes, walk.budget);
  for (const problem of archive.problems) note(walk, problem.kind, 'jar', inner, problem.detail);
  if (archive.entries.length === 0) return;
  const poms = readPoms(walk, archive, inner);
  for (const { pom, entry } of poms)
    add(walk, {
      name: `${pom.group}:${pom.artifact}`,
      version: pom.version,
      type: 'maven',
      licenses: pom.licences.map(spdxLicence),
      inner: isOwn(fileName, pom, poms.length) ? inner : join(inner, entry),
    });
  if (
    !poms.some(({ pom }) => isOwn(fileName, pom, poms.length)) &&
    (poms.length === 0 || splitFileName(fileName).version)
  )
    addIdentified(walk, archive, fileName, inner, bytes);
  for (const entry of archive.entries) {
    if (!ARCHIVE.test(entry.name)) continue;
    const place = join(inner, entry.name);
    if (depth === MAX_DEPTH) {
      note(walk, 'limit', 'jar', place, `archives nested more than ${MAX_DEPTH} deep are not read`);
      continue;
    }
    const nested = archive.read(entry, MAX_NESTED);
    if (isZipProblem(nested)) note(walk, nested.kind, 'jar', place, nested.detail);
    else readArchive(walk, entry.name.slice(entry.name.lastIndexOf('/') + 1), place, nested, depth + 1);
  }
}

/** The poms of one archive: a shaded jar has those of all that went into it. pom.xml adds licences, or stands alone. */
function readPoms(walk: Walk, archive: ZipArchive, inner: string): { pom: Pom; entry: string }[] {
  const found = new Map<string, { pom: Pom | null; entry: string; licences: string[] }>();
  const entries = archive.entries.filter((each) => MAVEN.test(each.name));
  if (entries.length > MAX_POMS) note(walk, 'limit', 'jar', inner, `poms beyond ${MAX_POMS} were left out`);
  for (const entry of entries.slice(0, MAX_POMS)) {
    const [, key = '', kind] = MAVEN.exec(entry.name) ?? [];
    const bytes = readText(walk, archive, entry, MAX_POM);
    if (isZipProblem(bytes)) {
      note(walk, bytes.kind, 'jar', join(inner, entry.name), bytes.detail);
      continue;
    }
    const pom = kind === 'properties' ? parsePomProperties(bytes) : parsePomXml(bytes);
    const before = found.get(key) ?? { pom: null, entry: entry.name, licences: [] };
    if (pom && (before.pom === null || kind === 'properties')) Object.assign(before, { pom, entry: entry.name });
    if (pom && pom.licences.length > 0) before.licences = pom.licences;
    found.set(key, before);
  }
  return [...found.values()].flatMap(({ pom, entry, licences }) => {
    if (pom) return [{ pom: { ...pom, licences }, entry }];
    note(walk, 'unreadable', 'jar', join(inner, entry), 'it names no group, artifact and version');
    return [];
  });
}

/** True for the pom that speaks for the jar itself and not for something that was copied into it. */
function isOwn(fileName: string, pom: Pom, poms: number): boolean {
  const { name, version } = splitFileName(fileName);
  const base = fileName.slice(0, 300).replace(/\.[A-Za-z]+$/, '');
  if (pom.artifact === name || base.startsWith(`${pom.artifact}-${pom.version}`)) return true;
  // A jar that was renamed: `app.jar`, or `api-1.2.jar` of an artifact with a longer name.
  return poms === 1 && (version === null || version === pom.version);
}

function addIdentified(walk: Walk, archive: ZipArchive, fileName: string, inner: string, bytes: Buffer): void {
  const entry = archive.entries.find((each) => each.name.toUpperCase() === 'META-INF/MANIFEST.MF');
  const content = entry ? readText(walk, archive, entry, MAX_MANIFEST) : null;
  if (content && isZipProblem(content)) note(walk, content.kind, 'jar', join(inner, entry?.name ?? ''), content.detail);
  const manifest = content && !isZipProblem(content) ? parseManifest(content) : new Map<string, string>();
  const found = identify(fileName, manifest);
  const sha1 = (): string => createHash('sha1').update(bytes).digest('hex');
  if (!found) {
    // An application's own archive holds others, and classes that have no version of their own.
    if (!archive.entries.some((each) => ARCHIVE.test(each.name)))
      note(
        walk,
        'unreadable',
        'jar-coordinates',
        inner,
        `neither pom, manifest nor name tell what it is (sha1 ${sha1()})`,
      );
    return;
  }
  const { artifact, version, group, guessedFrom, licences: licenses } = found;
  if (group !== null) {
    add(walk, { name: `${group}:${artifact}`, version, type: 'maven', licenses, inner });
    if (guessedFrom)
      note(
        walk,
        'unreadable',
        'jar-coordinates',
        inner,
        `no pom tells its Maven group; ${group} was concluded from ${guessedFrom} (sha1 ${sha1()})`,
      );
    return;
  }
  const checksum = `sha1:${sha1()}`;
  add(walk, {
    name: artifact,
    version,
    type: 'generic',
    purl: makePurl('generic', null, artifact, version, { checksum }),
    licenses,
    inner,
  });
  note(
    walk,
    'unreadable',
    'jar-coordinates',
    inner,
    `nothing tells the Maven group of ${artifact} ${version} (${checksum.replace(':', ' ')})`,
  );
}

function readText(walk: Walk, archive: ZipArchive, entry: ZipEntry, max: number): Buffer | ZipProblem {
  if (walk.texts <= 0) return { kind: 'limit', detail: 'the texts in this file are more than is read' };
  const bytes = archive.read(entry, max);
  if (!isZipProblem(bytes)) walk.texts -= bytes.length;
  return bytes;
}

function add(walk: Walk, found: JarPackage): void {
  if (walk.read.packages.length < MAX_PACKAGES) walk.read.packages.push(found);
  else note(walk, 'limit', 'jar', '', `packages beyond ${MAX_PACKAGES} were left out`);
}

function note(
  walk: Walk,
  kind: ZipProblem['kind'],
  what: 'jar' | 'jar-coordinates',
  inner: string,
  detail: string,
): void {
  walk.problems += 1;
  if (walk.problems <= MAX_PROBLEMS) walk.read.problems.push({ kind, what, inner, detail });
  else
    walk.read.problems[MAX_PROBLEMS] = {
      kind: 'limit',
      what: 'jar',
      inner: '',
      detail: `and ${walk.problems - MAX_PROBLEMS} more things in it that were not read`,
    };
}

function join(inner: string, name: string): string {
  const part = name.slice(0, 500);
  return inner === '' ? part : `${inner}!/${part}`;
}
