/** Maven's version order. */
import { orderDigits, orderText, type VersionScheme } from './scheme.ts';

type MavenNumber = {
  kind: 'number';
  digits: string /** 0 for up to 9 digits, 1 for up to 18, 2 for more. */;
  width: number;
};
type MavenWord = { kind: 'word'; text: string };
type MavenList = { kind: 'list'; items: MavenItem[] };
type MavenItem = MavenNumber | MavenWord | MavenList;

/** Qualifiers in order; unknown ones come after all of them, as text. */
const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const RELEASE = QUALIFIERS.indexOf('');
const ALIASES: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
const SHORT: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };

/** @see Maven documentation, "POM Reference", "Version Order Specification"; maven-artifact 3.9, ComparableVersion */
export const maven: VersionScheme<MavenList> = {
  name: 'maven',
  parse(text) {
    if (!/^[\x21-\x7e]+$/.test(text)) return null;
    const root: MavenList = { kind: 'list', items: [] };
    const lists = [root];
    let list = root;
    const deeper = (): void => {
      const inner: MavenList = { kind: 'list', items: [] };
      list.items.push(inner);
      lists.push(inner);
      list = inner;
    };
    // Runs of digits and of other characters, and what stands behind each: a dot, a dash, the other kind, or the end.
    const version = text.toLowerCase();
    let start = 0;
    for (let at = 0; at <= version.length; at += 1) {
      const char = version[at];
      const separator = char === '.' || char === '-';
      const changes = at > start && char !== undefined && !separator && isDigit(char) !== isDigit(version[at - 1]);
      if (char !== undefined && !separator && !changes) continue;
      if (char === undefined && at === start) break;
      const run = version.slice(start, at);
      if (run === '') list.items.push(numberOf('0'));
      else if (isDigit(run[0])) list.items.push(numberOf(run));
      else {
        // A qualifier stands in a list of its own before a digit and at the end, whatever separates it from the rest.
        if (!separator && list.items.length > 0) deeper();
        list.items.push(wordOf(run, changes));
      }
      if (char === '-' || changes) deeper();
      start = separator ? at + 1 : at;
    }
    for (const each of lists.reverse()) trim(each);
    return root;
  },
  order: (a, b) => orderItems(a, b),
};

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

function numberOf(digits: string): MavenNumber {
  const stripped = digits.replace(/^0+(?=[1-9])/, '');
  return { kind: 'number', digits: stripped, width: stripped.length <= 9 ? 0 : stripped.length <= 18 ? 1 : 2 };
}

function wordOf(text: string, beforeDigit: boolean): MavenWord {
  const word = beforeDigit ? (SHORT[text] ?? text) : text;
  return { kind: 'word', text: ALIASES[word] ?? word };
}

/** Takes away what means nothing at the end: zeros, releases, empty lists; lists that mean something are passed over. */
function trim(list: MavenList): void {
  for (let at = list.items.length - 1; at >= 0; at -= 1) {
    const item = list.items[at];
    if (!item) continue;
    if (orderItems(item, null) === 0 && !(item.kind === 'list' && item.items.length > 0)) list.items.splice(at, 1);
    else if (item.kind !== 'list') break;
  }
}

const RANK = { word: 0, list: 1, number: 2 } as const;

/** @param b null where the other version has nothing more */
function orderItems(a: MavenItem, b: MavenItem | null): number {
  if (b === null) {
    if (a.kind === 'number') return /^0*$/.test(a.digits) ? 0 : 1;
    if (a.kind === 'word') return orderWords(a.text, '');
    for (const item of a.items) {
      const difference = orderItems(item, null);
      if (difference !== 0) return difference;
    }
    return 0;
  }
  if (a.kind !== b.kind) return RANK[a.kind] - RANK[b.kind];
  if (a.kind === 'number' && b.kind === 'number') return a.width - b.width || orderDigits(a.digits, b.digits);
  if (a.kind === 'word' && b.kind === 'word') return orderWords(a.text, b.text);
  if (a.kind === 'list' && b.kind === 'list') return orderLists(a.items, b.items);
  return 0;
}

function orderLists(a: readonly MavenItem[], b: readonly MavenItem[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [x, y] = [a[at] ?? null, b[at] ?? null];
    const difference = x ? orderItems(x, y) : y ? -orderItems(y, null) : 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

function orderWords(a: string, b: string): number {
  const rank = (text: string): number => (QUALIFIERS.includes(text) ? QUALIFIERS.indexOf(text) : RELEASE + 2);
  return rank(a) - rank(b) || (rank(a) === RELEASE + 2 ? orderText(a, b) : 0);
}
