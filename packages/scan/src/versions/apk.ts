/** Alpine's version order. */
import { orderDigits, orderText, type VersionScheme } from './scheme.ts';

/** Kinds in the order in which one that the other version lacks weighs: the earlier kind is the greater version. */
const KIND = { first: 0, number: 1, letter: 2, suffix: 3, suffixNumber: 4, commit: 5, revision: 6, end: 7 } as const;
type Token = { kind: number; text: string };

/** Suffixes in order; those before the empty one come before the plain version. */
const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const PLAIN = SUFFIXES.indexOf('');

/** `1.2.3a_rc1_p2~0123abc-r4`; @see apk-tools 3, src/version.c, and apk-package(5) */
export const apk: VersionScheme<Token[]> = {
  name: 'apk',
  parse(text) {
    const match = /^([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_[a-z]+[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?$/.exec(text);
    if (!match) return null;
    const tokens: Token[] = [{ kind: KIND.first, text: match[1] ?? '' }];
    for (const number of (match[2] ?? '').split('.').slice(1)) tokens.push({ kind: KIND.number, text: number });
    if (match[3]) tokens.push({ kind: KIND.letter, text: match[3] });
    for (const part of (match[4] ?? '').split('_').slice(1)) {
      const suffix = /^([a-z]+)([0-9]*)$/.exec(part);
      if (!suffix?.[1] || !SUFFIXES.includes(suffix[1])) return null;
      tokens.push({ kind: KIND.suffix, text: suffix[1] });
      if (suffix[2]) tokens.push({ kind: KIND.suffixNumber, text: suffix[2] });
    }
    if (match[5]) tokens.push({ kind: KIND.commit, text: match[5] });
    if (match[6]) tokens.push({ kind: KIND.revision, text: match[6] });
    tokens.push({ kind: KIND.end, text: '' });
    return tokens;
  },
  order(a, b) {
    for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
      const x = a[at];
      const y = b[at];
      if (!x || !y) return 0;
      if (x.kind !== y.kind) {
        if (isPreRelease(x)) return -1;
        if (isPreRelease(y)) return 1;
        return y.kind - x.kind;
      }
      const difference = orderTokens(x, y);
      if (difference !== 0) return difference;
    }
    return 0;
  },
};

function isPreRelease(token: Token): boolean {
  return token.kind === KIND.suffix && SUFFIXES.indexOf(token.text) < PLAIN;
}

function orderTokens(a: Token, b: Token): number {
  if (a.kind === KIND.suffix) return SUFFIXES.indexOf(a.text) - SUFFIXES.indexOf(b.text);
  if (a.kind === KIND.letter || a.kind === KIND.commit || a.kind === KIND.end) return orderText(a.text, b.text);
  // A number after a dot that begins with a zero is a fraction and compares as text.
  if (a.kind === KIND.number && (a.text.startsWith('0') || b.text.startsWith('0'))) return orderText(a.text, b.text);
  return orderDigits(a.text, b.text);
}
