/** package-lock.json as a tree of places: who depends on whom, and where each finds it. */

import { npmRange } from '../../advisories/importers/npm-range.ts';
import { inRanges } from '../../advisories/ranges.ts';
import { asObject, type Json } from '../../catalogers/text.ts';
import { compareVersions, isVersion } from '../../versions/compare.ts';

export type LockEntry = {
  /** `node_modules/a/node_modules/b`; a folder of the project itself for workspaces; empty for its root. */
  location: string;
  name: string;
  version: string;
  /** What it needs, by name: dependencies, optional and peer ones. */
  needs: ReadonlyMap<string, string>;
  bundled: boolean;
  /** Where a link leads to. */
  link: string | null;
};

export type NpmLock = { version: 1 | 2 | 3; entries: ReadonlyMap<string, LockEntry> };

export type Dependent = { entry: LockEntry; range: string };

const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 100;

/** @param manifest package.json beside it: lock files of version 1 do not say what the project asks for */
export function readNpmLock(lock: Json, manifest: Json | null): NpmLock | null {
  const version = lock['lockfileVersion'];
  if (version !== 1 && version !== 2 && version !== 3) return null;
  const entries = new Map<string, LockEntry>();
  if (version === 1) {
    entries.set('', entryOf('', '', manifest ?? {}, PROJECT_NEEDS));
    readNested(asObject(lock['dependencies']), '', entries, 0);
  } else
    for (const [location, value] of Object.entries(asObject(lock['packages'])).slice(0, MAX_ENTRIES)) {
      const at = location.lastIndexOf('node_modules/');
      const name = at < 0 ? '' : location.slice(at + 'node_modules/'.length);
      entries.set(location, entryOf(location, name, asObject(value), at < 0 ? PROJECT_NEEDS : NEEDS));
    }
  return { version, entries };
}

const NEEDS = ['peerDependencies', 'dependencies', 'optionalDependencies'];
const PROJECT_NEEDS = [...NEEDS, 'devDependencies'];

function entryOf(location: string, name: string, value: Json, kinds: readonly string[]): LockEntry {
  const needs = new Map<string, string>();
  for (const kind of kinds)
    for (const [need, range] of Object.entries(asObject(value[kind])))
      if (typeof range === 'string') needs.set(need, range);
  return {
    location,
    name: typeof value['name'] === 'string' && name !== '' ? value['name'] : name,
    version: typeof value['version'] === 'string' ? value['version'] : '',
    needs,
    bundled: value['inBundle'] === true || value['bundled'] === true,
    link: value['link'] === true && typeof value['resolved'] === 'string' ? value['resolved'] : null,
  };
}

function readNested(dependencies: Json, parent: string, entries: Map<string, LockEntry>, depth: number): void {
  if (depth > MAX_DEPTH) return;
  for (const [name, value] of Object.entries(dependencies)) {
    if (entries.size >= MAX_ENTRIES) return;
    const location = `${parent === '' ? '' : `${parent}/`}node_modules/${name}`;
    const each = asObject(value);
    entries.set(location, entryOf(location, name, { ...each, dependencies: each['requires'], name: undefined }, NEEDS));
    readNested(asObject(each['dependencies']), location, entries, depth + 1);
  }
}

/** True for the project itself and its workspaces, whose manifests are the user's own. */
export const isProject = ({ location }: LockEntry): boolean => !/(?:^|\/)node_modules\//.test(location);

/** Where a package that lies somewhere finds another, as Node.js looks for it. */
export function resolveFrom(lock: NpmLock, location: string, name: string): LockEntry | null {
  for (let folder = location; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const found = lock.entries.get(`${folder === '' ? '' : `${folder}/`}node_modules/${name}`);
    if (found) return found.link === null ? found : (lock.entries.get(found.link) ?? found);
    if (folder === '') return null;
  }
}

export function dependentsOf(lock: NpmLock, wanted: LockEntry): Dependent[] {
  const key = wanted.location.slice(wanted.location.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const found: Dependent[] = [];
  for (const entry of lock.entries.values()) {
    const range = entry.needs.get(key);
    if (range !== undefined && resolveFrom(lock, entry.location, key) === wanted) found.push({ entry, range });
  }
  return found;
}

/** Places that nothing leads to any more. */
export function unreachable(lock: NpmLock): Set<string> {
  const reached = new Set<LockEntry>();
  const queue = [...lock.entries.values()].filter((entry) => isProject(entry) || entry.link !== null);
  for (let entry = queue.pop(); entry; entry = queue.pop()) {
    if (reached.has(entry)) continue;
    reached.add(entry);
    for (const name of entry.needs.keys()) {
      const found = resolveFrom(lock, entry.location, name);
      if (found) queue.push(found);
    }
  }
  return new Set([...lock.entries.values()].filter((entry) => !reached.has(entry)).map(({ location }) => location));
}

/**
 * Whether a range takes a version; a range that is no range of versions (a URL, a tag) takes none. A pre-release is
 * taken only where it is named.
 * @see docs.npmjs.com, "semver", section "Ranges"
 */
export function takes(range: string, version: string): boolean {
  const plain = range.replace(/^npm:(?:@[^/]+\/)?[^@/]+@/, '').trim();
  if (plain === '' || plain === '*' || plain === 'latest') return !version.includes('-');
  if (!isVersion('semver', version)) return false;
  if (version.includes('-')) return plain === version || plain === `^${version}` || plain === `~${version}`;
  try {
    return inRanges(
      'semver',
      version,
      npmRange(plain).map(({ low, high }) => ({
        from: low?.version ?? null,
        ...(low?.open ? { after: true as const } : {}),
        fixed: high?.open ? high.version : null,
        last: high && !high.open ? high.version : null,
      })),
    );
  } catch {
    return false;
  }
}

/** The same kind of range, beginning at another version: `^1.2.0` for 1.3.1 is `^1.3.1`. */
export function rangeFor(range: string, version: string): string | null {
  const alias = /^npm:(?:@[^/]+\/)?[^@/]+@/.exec(range)?.[0] ?? '';
  const kind = /^([\^~]|>=)?\s*v?[0-9][0-9A-Za-z.+-]*$/.exec(range.slice(alias.length).trim());
  return kind ? `${alias}${kind[1] ?? ''}${version}` : null;
}

export const bySemver = (a: string, b: string): number => compareVersions('semver', a, b);
