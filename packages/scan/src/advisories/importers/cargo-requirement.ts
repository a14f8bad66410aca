/** Turns Cargo's version requirements into ranges: what RustSec calls patched or unaffected, inside out. */
import { compareVersions } from '../../versions/compare.ts';
import type { AdvisoryRange } from '../record.ts';
import { type Bound, EVERYTHING, type Interval, intersect, rangesOutside as outside } from './intervals.ts';

const before = (a: string, b: string): number => compareVersions('semver', a, b);

/**
 * The versions that none of the requirements allows, as ranges; the first allowed version after a range is
 * its fixed version.
 *
 * @param safe all requirements, `patched` and `unaffected` alike
 * @throws Error for a requirement that cannot be read
 * @see doc.rust-lang.org/cargo/reference/specifying-dependencies.html
 */
export function rangesOutside(safe: readonly string[]): AdvisoryRange[] {
  return outside(safe.map(parseRequirement), before);
}

/** Comparators joined by commas; all must hold. */
function parseRequirement(text: string): Interval {
  let interval = EVERYTHING;
  for (const part of text.split(',')) interval = intersect(interval, parseComparator(part.trim()), before);
  return interval;
}

function parseComparator(text: string): Interval {
  if (text === '*') return EVERYTHING;
  const match = /^(>=|<=|>|<|=|\^|~)?\s*v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(-[0-9A-Za-z.-]+)?(?:\+\S*)?$/.exec(
    text,
  );
  if (!match?.[2]) throw new Error(`the requirement ${JSON.stringify(text.slice(0, 80))} cannot be read`);
  const [, operator = '^', major, minor, patch, pre = ''] = match;
  const version = `${major}.${minor ?? 0}.${patch ?? 0}${pre}`;
  const below = (a: number, b: number, c: number): Bound => ({ version: `${a}.${b}.${c}`, open: true });
  const [x, y, z] = [Number(major), Number(minor ?? 0), Number(patch ?? 0)];
  switch (operator) {
    case '>=':
      return { low: { version, open: false }, high: null };
    case '>':
      return { low: { version, open: true }, high: null };
    case '<':
      return { low: null, high: { version, open: true } };
    case '<=':
      return { low: null, high: { version, open: false } };
    case '=':
      return { low: { version, open: false }, high: { version, open: false } };
    case '~':
      return { low: { version, open: false }, high: minor === undefined ? below(x + 1, 0, 0) : below(x, y + 1, 0) };
    default: {
      // A caret allows what keeps the first number that is not zero.
      const high =
        x > 0 || minor === undefined
          ? below(x + 1, 0, 0)
          : y > 0 || patch === undefined
            ? below(0, y + 1, 0)
            : below(0, 0, z + 1);
      return { low: { version, open: false }, high };
    }
  }
}
