/** Composer's version order: its own normal form, compared as PHP compares versions. */
import { orderDigits, type VersionScheme } from './scheme.ts';

const MODIFIER = String.raw`[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?\d)*)?)?([.-]?dev)?`;
const CLASSIC = new RegExp(String.raw`^v?(\d{1,5})(\.\d+)?(\.\d+)?(\.\d+)?${MODIFIER}$`, 'i');
const DATED = new RegExp(String.raw`^v?(\d{4}(?:[.:-]?\d{2}){1,6}(?:[.:-]?\d{1,3})?)${MODIFIER}$`, 'i');
const BRANCH = /^v?(\d+)(\.(?:\d+|[x*]))?(\.(?:\d+|[x*]))?(\.(?:\d+|[x*]))?[.-]?dev$/i;
const STABILITY: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', p: 'patch', pl: 'patch', rc: 'RC' };
/** Words in PHP's order, found by what a word begins with; `#` stands for a number, and what is unknown comes first. */
const WORDS: readonly (readonly [begin: string, rank: number])[] = [
  ['dev', 0],
  ['alpha', 1],
  ['a', 1],
  ['beta', 2],
  ['b', 2],
  ['RC', 3],
  ['rc', 3],
  ['#', 4],
  ['pl', 5],
  ['p', 5],
];
/** PHP's integers end here, and greater numbers are taken for this one. */
const MAX_NUMBER = '9223372036854775807';

/**
 * A branch without a number (`dev-main`) has no place in the order and is no version here.
 * @see composer/semver, VersionParser::normalize; php-src, ext/standard/versioning.c
 */
export const composer: VersionScheme<string[]> = {
  name: 'composer',
  parse(text) {
    const normal = normalize(text);
    if (normal === null) return null;
    // PHP separates runs of digits from runs of anything else, and takes dashes and the like for dots.
    return normal
      .replace(/[-_+]/g, '.')
      .replace(/(\d)(?=[^\d.])|([^\d.])(?=\d)/g, '$1$2.')
      .split('.');
  },
  order: orderParts,
};

function normalize(text: string): string | null {
  const version = text
    .trim()
    .replace(/@(?:stable|rc|beta|alpha|dev)$/i, '')
    .replace(/^([^,\s+]+)\+\S+$/, '$1');
  const classic = CLASSIC.exec(version);
  if (classic) {
    const numbers = [classic[1], ...[2, 3, 4].map((at) => classic[at] ?? '.0')].join('');
    return numbers + modifier(classic.slice(5));
  }
  const dated = DATED.exec(version);
  if (dated?.[1]) return dated[1].replace(/\D/g, '.') + modifier(dated.slice(2));
  const branch = BRANCH.exec(version);
  if (!branch) return null;
  const numbers = [1, 2, 3, 4].map((at) => branch[at] ?? '.x').join('');
  return `${numbers.replace(/[x*]/gi, '9999999')}-dev`;
}

function modifier([stability, number, dev]: (string | undefined)[]): string {
  if (stability === 'stable') return '';
  const word = stability?.toLowerCase() ?? '';
  const stable = word === '' ? '' : `-${STABILITY[word] ?? word}${(number ?? '').replace(/^[.-]+/, '')}`;
  return dev ? `${stable}-dev` : stable;
}

function orderParts(a: readonly string[], b: readonly string[]): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = orderPart(a[at] ?? '', b[at] ?? '');
    if (difference !== 0) return difference;
  }
  if (a.length === b.length) return 0;
  const rest = a.length > b.length ? a[length] : b[length];
  const sign = a.length > b.length ? 1 : -1;
  return sign * (isNumber(rest ?? '') ? 1 : orderPart(rest ?? '', '#N#'));
}

function orderPart(a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) return orderDigits(bounded(a), bounded(b));
  return rankOf(a) - rankOf(b);
}

function rankOf(part: string): number {
  const text = isNumber(part) ? '#N#' : part;
  return WORDS.find(([begin]) => text.startsWith(begin))?.[1] ?? -1;
}

function isNumber(part: string): boolean {
  return /^\d/.test(part);
}

function bounded(digits: string): string {
  return orderDigits(digits, MAX_NUMBER) > 0 ? MAX_NUMBER : digits;
}
