/** Versions of apk packages in their order (apk-package(5), "Package version"). */

/** Kinds of parts; where two versions part ways at different kinds, the earlier kind is the greater version. */
const KIND = { first: 0, number: 1, letter: 2, suffix: 3, suffixNumber: 4, commit: 5, revision: 6, end: 7 } as const;
type Part = { kind: number; text: string };

const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const PLAIN = SUFFIXES.indexOf('');
const FORM = /^([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_[a-z]+[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?$/;

function partsOf(version: string): Part[] | null {
  const match = FORM.exec(version);
  if (!match) return null;
  const [, first = '', numbers = '', letter = '', suffixes = '', commit, revision] = match;
  const parts: Part[] = [{ kind: KIND.first, text: first }];
  for (const text of numbers.split('.').slice(1)) parts.push({ kind: KIND.number, text });
  if (letter) parts.push({ kind: KIND.letter, text: letter });
  for (const suffix of suffixes.split('_').slice(1)) {
    const [, name = '', count = ''] = /^([a-z]+)([0-9]*)$/.exec(suffix) ?? [];
    if (!SUFFIXES.includes(name)) return null;
    parts.push({ kind: KIND.suffix, text: name });
    if (count) parts.push({ kind: KIND.suffixNumber, text: count });
  }
  if (commit) parts.push({ kind: KIND.commit, text: commit });
  if (revision) parts.push({ kind: KIND.revision, text: revision });
  return parts;
}

/** Below zero, zero or above zero as `a` is older than, equal to or newer than `b`; what is no version comes first. */
export function compareApkVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [partsOf(a), partsOf(b)];
  if (!left || !right) return left ? 1 : right ? -1 : orderText(a, b);
  return compareParts([...left, END], [...right, END]);
}

const END: Part = { kind: KIND.end, text: '' };

function compareParts(a: readonly Part[], b: readonly Part[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x, y] = [a[at], b[at]];
    if (!x || !y) break;
    if (x.kind !== y.kind) {
      if (isEarly(x)) return -1;
      if (isEarly(y)) return 1;
      return y.kind - x.kind;
    }
    const order = orderParts(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

const isEarly = ({ kind, text }: Part): boolean => kind === KIND.suffix && SUFFIXES.indexOf(text) < PLAIN;

function orderParts(a: Part, b: Part): number {
  if (a.kind === KIND.suffix) return SUFFIXES.indexOf(a.text) - SUFFIXES.indexOf(b.text);
  if (a.kind === KIND.letter || a.kind === KIND.commit) return orderText(a.text, b.text);
  // A number behind a dot that begins with zero is a fraction, and compares as text.
  if (a.kind === KIND.number && (a.text.startsWith('0') || b.text.startsWith('0'))) return orderText(a.text, b.text);
  const [x, y] = [a.text.replace(/^0+/, ''), b.text.replace(/^0+/, '')];
  return x.length - y.length || orderText(x, y);
}

const orderText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether a version begins with the parts of another, as `1.2.3-r4` does with `1.2`. */
function beginsWith(version: string, wanted: string): boolean {
  const [parts, begin] = [partsOf(version), partsOf(wanted)];
  if (!parts || !begin) return version === wanted;
  return begin.every((part, at) => {
    const own = parts[at];
    return own !== undefined && own.kind === part.kind && orderParts(own, part) === 0;
  });
}

/** One relation of a dependency: `<`, `<=`, `=`, `>=`, `>`, `~`, `<~`, `>~` and spellings of these. */
export function satisfiesApk(version: string, operator: string, wanted: string): boolean {
  if (operator.includes('~') && beginsWith(version, wanted)) return true;
  const order = compareApkVersions(version, wanted);
  if (operator.includes('<') && order < 0) return true;
  if (operator.includes('>') && order > 0) return true;
  return operator.includes('=') && !operator.includes('~') && order === 0;
}
