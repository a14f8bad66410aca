/** Reads deb822: stanzas of fields, as in Release, Packages, control, *.sources and dpkg's status (deb822(5)). */
import { ComposeError } from '../error.ts';

/** Field names in lower case to values; continuation lines keep their leading space and are joined by newlines. */
export type Stanza = Map<string, string>;

const MAX_FIELDS = 1000;

/** Splits a text into stanzas. @throws ComposeError `archive-invalid`, naming the origin and the line */
export function parseStanzas(text: string, origin: string, maxStanzas = 10_000): Stanza[] {
  const stanzas: Stanza[] = [];
  let current: Stanza | null = null;
  let field: string | null = null;
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.trim() === '') {
      current = null;
      field = null;
      continue;
    }
    if (line.startsWith('#')) continue;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (!current || field === null) throw invalid(origin, index, 'a continuation line without a field');
      current.set(field, `${current.get(field) ?? ''}\n${line}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) throw invalid(origin, index, 'a line that is neither a field nor a continuation');
    if (!current) {
      if (stanzas.length >= maxStanzas) throw invalid(origin, index, `more than ${maxStanzas} stanzas`);
      current = new Map();
      stanzas.push(current);
    }
    field = line.slice(0, colon).toLowerCase();
    if (current.has(field)) throw invalid(origin, index, `the field ${field.slice(0, 60)} twice`);
    if (current.size >= MAX_FIELDS) throw invalid(origin, index, `more than ${MAX_FIELDS} fields`);
    current.set(field, line.slice(colon + 1).trim());
  }
  return stanzas;
}

/** The one stanza of a text that holds exactly one. @throws ComposeError `archive-invalid` */
export function parseStanza(text: string, origin: string): Stanza {
  const [stanza, second] = parseStanzas(text, origin, 2);
  if (!stanza || second) throw new ComposeError('archive-invalid', `${origin} must hold exactly one stanza`);
  return stanza;
}

/** A field that must be there. @throws ComposeError `archive-invalid` */
export function requiredField(stanza: Stanza, name: string, origin: string): string {
  const value = stanza.get(name);
  if (!value) throw new ComposeError('archive-invalid', `${origin} has no field ${name}`);
  return value;
}

function invalid(origin: string, line: number, what: string): ComposeError {
  return new ComposeError('archive-invalid', `${origin}, line ${line + 1}: ${what}`);
}
