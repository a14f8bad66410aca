/** Reads the part of a Python package's metadata that says what it is. */
import { isVisible, printable } from '../../printable.ts';
import { knownLicence } from '../licence.ts';
import type { Pinned } from '../lock.ts';
import { CLASSIFIERS } from './classifiers.ts';

/** Headers come first; the description behind them may be of any length. */
const MAX_HEADERS = 512 * 1024;
const MAX_FIELDS = 2000;
const WANTED: ReadonlySet<string> = new Set(['name', 'version', 'license', 'license-expression', 'classifier']);

/**
 * Name, version and licence of METADATA, PKG-INFO or an old `.egg-info` file. The licence is its expression, else its
 * classifiers, else what the free field says if that is short; a whole licence text names nothing.
 *
 * @returns null for a file that names no project and version; throws nothing
 * @see PyPA specifications, "Core metadata specifications"
 */
export function parseMetadata(content: Buffer): Pinned | null {
  const fields = readHeaders(content.toString('utf8', 0, MAX_HEADERS));
  const name = fields.get('name')?.[0] ?? '';
  const version = fields.get('version')?.[0] ?? '';
  return isPypiName(name) && isVisible(version) ? { name, version, licenses: licencesOf(fields) } : null;
}

/** @see PyPA specifications, "Names and normalization", "Name format" */
export function isPypiName(name: string): boolean {
  return name.length <= 200 && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name);
}

/** Header lines of an e-mail (RFC 822) up to the first empty line; lines that begin with a space go on. */
function readHeaders(text: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  let last: string[] | null = null;
  let count = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      if (last) last[last.length - 1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(0, colon)).toLowerCase();
    last = null;
    if (!WANTED.has(key) || count === MAX_FIELDS) continue;
    count += 1;
    last = fields.get(key) ?? [];
    last.push(line.slice(colon + 1).trim());
    fields.set(key, last);
  }
  return fields;
}

function licencesOf(fields: ReadonlyMap<string, readonly string[]>): string[] {
  const expression = fields.get('license-expression')?.[0];
  if (expression) return [knownLicence(expression) ?? printable(expression, 500)];
  const free = fields.get('license')?.[0] ?? '';
  const known = knownLicence(free);
  const classified = classifiedLicences(fields.get('classifier') ?? []);
  // Classifiers may name several licences, the field one; but a family among them says less than the field does.
  if (classified.length > 0 && (known === null || classified.every((each) => each.spdx)))
    return [...new Set(classified.map((each) => each.name))];
  if (known) return [known];
  return free === '' || free.length > 100 || /^unknown$/i.test(free) ? [] : [printable(free, 100)];
}

/** SPDX ids where a classifier stands for exactly one licence, else its own words: `BSD License`. */
function classifiedLicences(classifiers: readonly string[]): { name: string; spdx: boolean }[] {
  return classifiers
    .filter((each) => each.startsWith('License :: ') && each !== 'License :: OSI Approved')
    .map((each) => {
      const spdx = CLASSIFIERS[each];
      return { name: spdx ?? printable(each.slice(each.lastIndexOf('::') + 2), 100), spdx: spdx !== undefined };
    });
}
