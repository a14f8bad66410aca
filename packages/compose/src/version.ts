/** Debian version numbers in their order (deb-version(7), Debian Policy 5.6.12). */

/** Orders two versions: below zero, zero or above zero as `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

/** One relation of a dependency field: `lt`, `<<`, `=` and so on, dpkg's own words included. */
export function satisfies(version: string, relation: string, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  switch (relation) {
    case '<<':
    case 'lt':
      return order < 0;
    case '<=':
    case '<':
    case 'le':
      return order <= 0;
    case '=':
    case 'eq':
      return order === 0;
    case '>=':
    case '>':
    case 'ge':
      return order >= 0;
    case '>>':
    case 'gt':
      return order > 0;
    case 'ne':
      return order !== 0;
    default:
      return false;
  }
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon > 0 ? Number(version.slice(0, colon)) || 0 : 0,
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

const isDigit = (code: number) => code >= 48 && code <= 57;

/** Tilde sorts before the end of the string, letters before everything else. */
function weight(text: string, index: number): number {
  if (index >= text.length) return 0;
  const code = text.charCodeAt(index);
  if (isDigit(code)) return 0;
  if (text[index] === '~') return -1;
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) ? code : code + 256;
}

function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const first = digitsAt(a, i);
    const second = digitsAt(b, j);
    i += first.length;
    j += second.length;
    // Numbers may be longer than a double holds: by length, then as text.
    const x = first.replace(/^0+/, '');
    const y = second.replace(/^0+/, '');
    if (x.length !== y.length) return x.length - y.length;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function digitsAt(text: string, from: number): string {
  let end = from;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  return text.slice(from, end);
}
