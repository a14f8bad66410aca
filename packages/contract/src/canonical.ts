/** JSON in one form only, so that equal values have equal hashes (RFC 8785, JSON Canonicalization Scheme). */
const MAX_DEPTH = 1000;

/**
 * Writes a value with sorted keys and no white space. Properties that are `undefined` are left out, as JSON.stringify does.
 *
 * @throws TypeError for what JSON cannot express: non-finite numbers, functions, bigint, lone surrogates, cycles (depth over 1000)
 * @see RFC 8785, sections 3.2.2 (numbers and strings are written as ECMAScript writes them) and 3.2.3 (keys sort by UTF-16 code units)
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError(`the value is nested deeper than ${MAX_DEPTH} levels or refers to itself`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be written as JSON`);
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('a string has a lone surrogate, which UTF-8 cannot express');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item ?? null, depth + 1)).join(',')}]`;
  if (typeof value === 'object') {
    const source = 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
    if (source !== value) return write(source, depth + 1);
    // The default sort compares UTF-16 code units, which is the order that the RFC asks for.
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${write(key, depth + 1)}:${write(inner, depth + 1)}`).join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} cannot be written as JSON`);
}
