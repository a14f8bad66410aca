/** Writes another version of one package into package-lock.json, as npm itself would write it. */
import { asObject, type Json } from '../../catalogers/text.ts';
import { type LockEntry, type NpmLock, readNpmLock, resolveFrom, takes, unreachable } from './lock.ts';
import { integrityOf, type NpmManifest } from './registry.ts';

type Mutable = Record<string, unknown>;

/** npm's order: these first, then plain values by name, then objects by name. */
const FIRST = ['name', 'version', 'lockfileVersion', 'resolved', 'integrity', 'requires', 'packages', 'dependencies'];
/** What npm copies out of a package's own manifest. */
const COPIED = [
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'acceptDependencies',
  'engines',
  'os',
  'cpu',
  'libc',
  'license',
  'funding',
  'bin',
  'deprecated',
];

/** A text that is written back byte for byte where nothing changes; null where it would not be. */
export function openJson(text: string): { value: Json; write: (value: unknown) => string } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? '';
  const crlf = text.includes('\r\n');
  const end = text.slice(text.trimEnd().length);
  const write = (changed: unknown) => {
    const written = JSON.stringify(changed, null, indent);
    return (crlf ? written.replaceAll('\n', '\r\n') : written) + end;
  };
  return write(value) === text ? { value: asObject(value), write } : null;
}

/** What the new version needs and the lock file does not have; empty where everything is there. */
export function unmetNeeds(lock: NpmLock, entry: LockEntry, manifest: NpmManifest): string[] {
  const unmet: string[] = [];
  const check = (needs: Record<string, string> | undefined, optional: boolean) => {
    for (const [name, range] of Object.entries(needs ?? {})) {
      const found = resolveFrom(lock, entry.location, name);
      if (found ? !takes(range, found.version) : !optional) unmet.push(`${name} ${range}`);
    }
  };
  const { dependencies = {}, optionalDependencies = {} } = manifest;
  check(Object.fromEntries(Object.entries(dependencies).filter(([name]) => !(name in optionalDependencies))), false);
  check(optionalDependencies, true);
  const optionalPeers = asObject(manifest['peerDependenciesMeta']);
  for (const [name, range] of Object.entries(manifest.peerDependencies ?? {}))
    check({ [name]: range }, asObject(optionalPeers[name])['optional'] === true || entry.needs.get(name) === range);
  return unmet;
}

/**
 * @param lock parsed; it is changed
 * @returns false where the entry is not there, or the registry gives no hash to check the download by
 */
export function editLock(lock: Json, location: string, manifest: NpmManifest): boolean {
  const integrity = integrityOf(manifest);
  if (integrity === null) return false;
  const packages = lock['packages'] === undefined ? null : asObject(lock['packages']);
  const entry = packages ? packages[location] : undefined;
  if (packages && entry === undefined) return false;
  if (packages) (packages as Mutable)[location] = rewritten(asObject(entry), manifest, integrity);
  return lock['dependencies'] === undefined ? packages !== null : editNested(lock, location, manifest, integrity);
}

function rewritten(entry: Json, manifest: NpmManifest, integrity: string): Json {
  const kept = Object.fromEntries(
    Object.entries(entry).filter(([key]) => !COPIED.includes(key) && key !== 'hasInstallScript'),
  );
  const copied = Object.fromEntries(
    COPIED.map((key) => [key, normal(key, manifest)] as const).filter(
      // npm leaves a licence out where the lock file was written by a version that did not keep them.
      ([key, value]) => value !== undefined && (key !== 'license' || 'license' in entry),
    ),
  );
  const scripts = manifest.scripts ?? {};
  const installs = ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
  return ordered({
    ...kept,
    version: manifest.version,
    ...('resolved' in entry ? { resolved: manifest.dist.tarball } : {}),
    integrity,
    ...copied,
    ...(installs || manifest['hasInstallScript'] === true ? { hasInstallScript: true } : {}),
  });
}

function normal(key: string, manifest: NpmManifest): unknown {
  const value = manifest[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (key === 'dependencies') {
    const optional = manifest.optionalDependencies ?? {};
    const needed = Object.entries(manifest.dependencies ?? {}).filter(([name]) => !(name in optional));
    return needed.length === 0 ? undefined : ordered(Object.fromEntries(needed));
  }
  if (key === 'bin' && typeof value === 'string') return { [manifest.name.replace(/^@[^/]+\//, '')]: trimmed(value) };
  if (key === 'bin')
    return Object.fromEntries(Object.entries(asObject(value)).map(([name, path]) => [name, trimmed(String(path))]));
  if (key === 'funding' && typeof value === 'string') return { url: value };
  if (key === 'license' && typeof value === 'object') return asObject(value)['type'];
  if (key === 'deprecated' && typeof value !== 'string') return undefined;
  if (Array.isArray(value)) return value.length === 0 || key === 'engines' ? undefined : value;
  return typeof value === 'object' && Object.keys(value).length === 0 ? undefined : value;
}

const trimmed = (path: string): string => path.replace(/^\.?\/+/, '');

function ordered(value: Json): Json {
  const rank = ([key, each]: [string, unknown]) => {
    const first = FIRST.indexOf(key);
    return first >= 0 ? first : typeof each === 'object' && each !== null && !Array.isArray(each) ? 101 : 100;
  };
  return Object.fromEntries(Object.entries(value).sort((a, b) => rank(a) - rank(b) || a[0].localeCompare(b[0], 'en')));
}

/** The form of version 1, which version 2 repeats for older npm. */
function editNested(lock: Json, location: string, manifest: NpmManifest, integrity: string): boolean {
  const names = location.split(/(?:^|\/)node_modules\//).slice(1);
  let at: Json = lock;
  for (const [index, name] of names.entries()) {
    const dependencies = asObject(at['dependencies']);
    const entry = dependencies[name];
    if (entry === undefined) return false;
    if (index < names.length - 1) {
      at = asObject(entry);
      continue;
    }
    const { requires: _, ...kept } = asObject(entry);
    const needs = { ...manifest.dependencies, ...manifest.optionalDependencies };
    (dependencies as Mutable)[name] = ordered({
      ...kept,
      version: manifest.version,
      ...('resolved' in kept ? { resolved: manifest.dist.tarball } : {}),
      integrity,
      ...(Object.keys(needs).length > 0 ? { requires: ordered(needs) } : {}),
    });
  }
  return true;
}

/** Takes out what nothing needs any more, and only what the change left alone. */
export function dropOrphans(lock: Json, before: ReadonlySet<string>, manifest: Json | null): void {
  const read = readNpmLock(lock, manifest);
  if (!read) return;
  for (const location of unreachable(read)) {
    if (before.has(location)) continue;
    delete (asObject(lock['packages']) as Mutable)[location];
    const names = location.split(/(?:^|\/)node_modules\//).slice(1);
    let at: Json = lock;
    for (const name of names.slice(0, -1)) at = asObject(asObject(at['dependencies'])[name]);
    delete (asObject(at['dependencies']) as Mutable)[names.at(-1) ?? ''];
  }
}
