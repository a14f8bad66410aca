/** An archive's index of packages, searched without parsing all of it. */
import { parseRelations, type Relation } from '../control/relations.ts';
import { parseStanza, requiredField, type Stanza } from '../control/stanza.ts';
import { ComposeError } from '../error.ts';
import type { Expected } from './download.ts';

/** One binary package that the archive offers. */
export type Candidate = {
  name: string;
  version: string;
  architecture: string;
  essential: boolean;
  priority: string;
  filename: string;
  expected: Expected;
  mirror: string;
  suite: string;
  stanza: Stanza;
};

export type PackageIndex = {
  /** All versions of a name, in the order of the file. */
  named(name: string): Candidate[];
  /** Packages that provide a name, with the version they provide where they say one. */
  providers(name: string): { candidate: Candidate; version: string | null }[];
  /** Packages of priority `required` and essential ones. */
  base(): Candidate[];
};

const MAX_PACKAGES = 1_000_000;

/**
 * Indexes one Packages file. Stanzas are parsed when they are asked for.
 *
 * @throws ComposeError `archive-invalid`
 */
export function indexPackages(bytes: Buffer, mirror: string, suite: string, origin: string): PackageIndex {
  const text = bytes.toString('latin1');
  const starts = new Map<string, number[]>();
  const provided = new Map<string, { start: number; relation: Relation }[]>();
  const base: number[] = [];
  let count = 0;
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf('\n\n', start);
    if (end < 0) end = text.length;
    const stanza = text.slice(start, end);
    if (stanza.trim() !== '') {
      if (++count > MAX_PACKAGES)
        throw new ComposeError('archive-invalid', `${origin} lists more than ${MAX_PACKAGES} packages`);
      append(starts, lineOf(stanza, 'Package') ?? '', start);
      for (const [relation] of parseRelations(lineOf(stanza, 'Provides'), origin)) {
        if (relation) append(provided, relation.name, { start, relation });
      }
      if (lineOf(stanza, 'Priority') === 'required' || lineOf(stanza, 'Essential') === 'yes') base.push(start);
    }
    start = end + 2;
    while (text[start] === '\n') start++;
  }
  const parsed = new Map<number, Candidate>();
  const at = (start: number): Candidate => {
    const known = parsed.get(start);
    if (known) return known;
    const end = text.indexOf('\n\n', start);
    const stanza = Buffer.from(text.slice(start, end < 0 ? undefined : end), 'latin1').toString('utf8');
    const candidate = readCandidate(parseStanza(stanza, origin), mirror, suite, origin);
    parsed.set(start, candidate);
    return candidate;
  };
  return {
    named: (name) => (starts.get(name) ?? []).map(at),
    providers: (name) =>
      (provided.get(name) ?? []).map(({ start, relation }) => ({ candidate: at(start), version: relation.version })),
    base: () => base.map(at),
  };
}

/** A field of one line; those looked for here are never continued in an archive's index. */
function lineOf(stanza: string, field: string): string | undefined {
  if (stanza.startsWith(`${field}: `)) return stanza.slice(field.length + 2, lineEnd(stanza, 0));
  const found = stanza.indexOf(`\n${field}: `);
  return found < 0 ? undefined : stanza.slice(found + field.length + 3, lineEnd(stanza, found + 1)).trim();
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function readCandidate(stanza: Stanza, mirror: string, suite: string, origin: string): Candidate {
  const name = requiredField(stanza, 'package', origin);
  const where = `${origin}, package ${name.slice(0, 80)}`;
  const filename = requiredField(stanza, 'filename', where);
  const size = requiredField(stanza, 'size', where);
  const sha256 = requiredField(stanza, 'sha256', where);
  const version = requiredField(stanza, 'version', where);
  const architecture = requiredField(stanza, 'architecture', where);
  if (!/^[a-z0-9][a-z0-9+.-]+$/.test(name)) throw new ComposeError('archive-invalid', `${where}: not a package name`);
  if (!/^[A-Za-z0-9.+:~-]+$/.test(version)) throw new ComposeError('archive-invalid', `${where}: not a version`);
  if (!/^[a-f0-9]{64}$/.test(sha256) || !/^\d{1,12}$/.test(size))
    throw new ComposeError('archive-invalid', `${where}: no usable SHA256 and Size`);
  if (filename.startsWith('/') || filename.split('/').includes('..') || /[^\x21-\x7e]/.test(filename)) {
    throw new ComposeError('archive-invalid', `${where}: the file name leaves the archive`);
  }
  return {
    name,
    version,
    architecture,
    essential: stanza.get('essential') === 'yes',
    priority: stanza.get('priority') ?? 'optional',
    filename,
    expected: { sha256, size: Number(size) },
    mirror,
    suite,
    stanza,
  };
}
