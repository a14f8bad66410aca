/** Reads the lock files of Python's tools. */
import { areForDevelopment, LockEntries, type LockRead, quote } from '../lock.ts';
import { asList, asObject, asText, type Json, readJson, readToml } from '../text.ts';
import { isPypiName } from './metadata.ts';
import { parseRequirements } from './requirements.ts';

type Reader = (content: Buffer) => LockRead | null;

const READERS: readonly { pattern: RegExp; what: string; read: Reader }[] = [
  { pattern: /(?:^|\/)(?:poetry|uv|pdm)\.lock$/, what: 'python-lock', read: parsePackageTables },
  { pattern: /(?:^|\/)pylock(?:\.[^/.]+)?\.toml$/, what: 'python-lock', read: parsePylock },
  { pattern: /(?:^|\/)Pipfile\.lock$/, what: 'python-lock', read: parsePipfile },
  {
    pattern:
      /(?:^|\/)(?:requirements(?:[-_.][\w.-]+)?|[\w.-]+[-_.]requirements)\.txt$|(?:^|\/)requirements\/[\w.-]+\.txt$/,
    what: 'python-requirements',
    read: parseRequirements,
  },
];

/** @returns null for a path that is no lock file of Python */
export function lockReader(path: string): { what: string; read: Reader } | null {
  return READERS.find((each) => each.pattern.test(path)) ?? null;
}

/**
 * `[[package]]` tables with name and version, as poetry, uv and pdm write them. What comes from a directory is the
 * project itself or a part of it, in no index, and is left out.
 */
function parsePackageTables(content: Buffer): LockRead | null {
  const lock = asObject(readToml(content));
  // A project without dependencies has a file without packages; each tool writes at least one of these.
  if (!('package' in lock || 'metadata' in lock || 'version' in lock)) return null;
  const entries = new LockEntries(isPypiName);
  for (const value of asList(lock['package'])) {
    const each = asObject(value);
    // `groups` as poetry 2 and PDM write them, `category` as poetry did before 1.5; uv marks nothing.
    const groups = asList(each['groups'] ?? (each['category'] === undefined ? [] : [each['category']]));
    if (!isLocal(each)) entries.add(each['name'], each['version'], [], each['name'], areForDevelopment(groups));
  }
  return entries.read;
}

function isLocal(each: Json): boolean {
  const source = asObject(each['source']);
  const place = 'virtual' in source || 'editable' in source || 'directory' in source || source['type'] === 'directory';
  return place || 'path' in each || each['editable'] === true;
}

/** @see PyPA specifications, "pylock.toml" (PEP 751) */
function parsePylock(content: Buffer): LockRead | null {
  const lock = asObject(readToml(content));
  if (!('lock-version' in lock)) return null;
  const entries = new LockEntries(isPypiName);
  for (const value of asList(lock['packages'])) {
    const each = asObject(value);
    if ('directory' in each) continue;
    if ('version' in each) entries.add(each['name'], each['version']);
    else entries.problem(`${quote(each['name'])} is pinned to a source, not to a version`);
  }
  return entries.read;
}

/** Groups of names with `"version": "==1.2"`. @see pipenv documentation, "Pipfile & Pipfile.lock" */
function parsePipfile(content: Buffer): LockRead | null {
  const lock = asObject(readJson(content));
  if (!('_meta' in lock)) return null;
  const entries = new LockEntries(isPypiName);
  for (const [group, packages] of Object.entries(lock)) {
    if (group === '_meta') continue;
    for (const [name, value] of Object.entries(asObject(packages))) {
      const each = asObject(value);
      if ('path' in each || 'editable' in each) continue;
      const version = asText(each['version']);
      if (version === undefined) entries.problem(`${quote(name)} is pinned to a source, not to a version`);
      else entries.add(name, version.replace(/^={2,3}/, ''), [], name, group === 'develop');
    }
  }
  return entries.read;
}
