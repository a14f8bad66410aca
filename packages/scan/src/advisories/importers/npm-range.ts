/** Reads version ranges as npm writes them: `^18.19.1 || 20.x`, `>=1.0.0 <1.2.3`. */
import { compareVersions } from '../../versions/compare.ts';
import { type Bound, type Compare, EVERYTHING, holdsAny, type Interval, intersect } from './intervals.ts';

export const bySemver: Compare = (a, b) => compareVersions('semver', a, b);

const MAX_RANGE = 4000;
const COMPARATOR =
  /^(>=|<=|>|<|=|\^|~>?)?\s*v?(?:([0-9]{1,9})(?:\.([0-9]{1,9}|[xX*])(?:\.([0-9]{1,9}|[xX*])(-[0-9A-Za-z.-]+)?)?)?|[xX*])(?:\+\S*)?$/;

/**
 * One interval for each alternative that any version is in.
 * @throws Error for a range that cannot be read
 * @see docs.npmjs.com, "semver", section "Ranges"
 */
export function npmRange(text: string): Interval[] {
  if (text.length > MAX_RANGE) throw new Error('a version range is too long');
  return text
    .split('||')
    .map(alternative)
    .filter((interval) => holdsAny(interval, bySemver));
}

function alternative(text: string): Interval {
  const hyphen = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(text);
  const parts = hyphen
    ? [`>=${hyphen[1]}`, `<=${hyphen[2]}`]
    : text
        .replace(/([<>=^~])\s+/g, '$1')
        .split(/[\s,]+/)
        .filter((part) => part !== '');
  return parts.map(comparator).reduce((all, one) => intersect(all, one, bySemver), EVERYTHING);
}

function comparator(text: string): Interval {
  const match = COMPARATOR.exec(text);
  if (!match) throw new Error(`the range ${JSON.stringify(text.slice(0, 80))} cannot be read`);
  const [, operator = '', major, minor, patch, pre = ''] = match;
  if (major === undefined) return EVERYTHING;
  const [x, y, z] = [Number(major), number(minor), number(patch)];
  const from: Bound = { version: `${x}.${y ?? 0}.${z ?? 0}${pre}`, open: false };
  // Where parts are left out, the version stands for all that begin so.
  const next: Bound = y === null ? below(x + 1, 0, 0) : z === null ? below(x, y + 1, 0) : null;
  switch (operator) {
    case '>=':
      return { low: from, high: null };
    case '>':
      return { low: next ? { ...next, open: false } : { ...from, open: true }, high: null };
    case '<':
      return { low: null, high: { ...from, open: true } };
    case '<=':
      return { low: null, high: next ?? from };
    case '^':
      return {
        low: from,
        high: x > 0 || y === null ? below(x + 1, 0, 0) : y > 0 || z === null ? below(0, y + 1, 0) : below(0, 0, z + 1),
      };
    case '~':
    case '~>':
      return { low: from, high: y === null ? below(x + 1, 0, 0) : below(x, y + 1, 0) };
    default:
      return { low: from, high: next ?? from };
  }
}

const number = (part: string | undefined): number | null =>
  part === undefined || /^[xX*]$/.test(part) ? null : Number(part);
const below = (x: number, y: number, z: number): Bound => ({ version: `${x}.${y}.${z}`, open: true });
