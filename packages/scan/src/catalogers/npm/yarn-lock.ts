/** Reads yarn.lock of Yarn 1 and of its successors. */
import { LockEntries, type LockRead } from '../lock.ts';
import { asObject, asText, plainText, readYaml } from '../text.ts';
import { isNpmName } from './package-json.ts';

/** Parts of the project itself. */
const LOCAL = /^(?:workspace|link|portal|file|exec):/;

/** @returns null for what is no lock file of Yarn */
export function parseYarnLock(content: Buffer): LockRead | null {
  const text = plainText(content);
  if (/^__metadata:/m.test(text)) return parseBerry(content);
  return text.includes('# yarn lockfile v1') || text.trim() === '' ? parseClassic(text) : null;
}

/**
 * Blocks of `"name@range", name@range:` with indented fields under them.
 * @see yarnpkg/yarn, src/lockfile/stringify.js
 */
function parseClassic(text: string): LockRead {
  const entries = new LockEntries(isNpmName);
  let key: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (/^[^\s#].*:$/.test(line)) {
      if (key !== null) entries.problem(`entry ${JSON.stringify(key.slice(0, 120))} has no version`);
      key = /^"?([^",]+)/.exec(line.slice(0, -1))?.[1] ?? line;
      continue;
    }
    const version = /^ {2}"?version"? "?([^"\s]*)"?$/.exec(line)?.[1];
    if (key === null || version === undefined) continue;
    const { name, range } = splitDescriptor(key);
    if (!LOCAL.test(range)) entries.add(aliased(range) ?? name, version, [], key);
    key = null;
  }
  if (key !== null) entries.problem(`entry ${JSON.stringify(key.slice(0, 120))} has no version`);
  return entries.read;
}

/** @see Yarn documentation, "Lexicon", locator: `name@npm:1.2.3`, `name@patch:name@npm%3A1.2.3#...` */
function parseBerry(content: Buffer): LockRead | null {
  const lock = readYaml(content);
  if (typeof lock !== 'object' || lock === null) return null;
  const entries = new LockEntries(isNpmName);
  for (const [key, value] of Object.entries(asObject(lock))) {
    if (key === '__metadata') continue;
    const each = asObject(value);
    const { name, range } = splitDescriptor(asText(each['resolution']) ?? key);
    if (!LOCAL.test(range)) entries.add(name, each['version'], [], key);
  }
  return entries.read;
}

function splitDescriptor(text: string): { name: string; range: string } {
  const at = text.indexOf('@', 1);
  return at < 0 ? { name: text, range: '' } : { name: text.slice(0, at), range: text.slice(at + 1) };
}

/** The real name behind `npm:lodash@4.17.20`; null for a plain range. */
function aliased(range: string): string | null {
  return /^npm:((?:@[^/]+\/)?[^@/]+)(?:@.*)?$/.exec(range)?.[1] ?? null;
}
