/** Turns Cargo's version requirements into ranges: what RustSec calls patched or unaffected, inside out. */
import { compareVersions } from '../../versions/compare.ts';
import type { AdvisoryRange } from '../record.ts';

/** A bound: null is without end; `open` leaves the version itself out. */
type Bound = { version: string; open: boolean } | null;
type Interval = { low: Bound; high: Bound };

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
  const intervals = safe.map(parseRequirement).sort((a, b) => orderLow(a.low, b.low));
  const ranges: AdvisoryRange[] = [];
  let from: Bound = null; // the first version that is not known to be safe
  let done = false;
  for (const { low, high } of intervals) {
    if (done) break;
    if (
      low !== null &&
      (from === null ||
        before(from.version, low.version) < 0 ||
        (before(from.version, low.version) === 0 && !from.open && low.open))
    ) {
      ranges.push({ ...start(from), fixed: low.open ? null : low.version, last: low.open ? low.version : null });
    }
    if (high === null) done = true;
    else if (from === null || before(high.version, from.version) >= 0)
      from = { version: high.version, open: !high.open };
  }
  if (!done) ranges.push({ ...start(from), fixed: null, last: null });
  return ranges;
}

function start(from: Bound): Pick<AdvisoryRange, 'from' | 'after'> {
  if (from === null) return { from: null };
  return from.open ? { from: from.version, after: true } : { from: from.version };
}

function orderLow(a: Bound, b: Bound): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return before(a.version, b.version) || Number(a.open) - Number(b.open);
}

/** Comparators joined by commas; all must hold. */
function parseRequirement(text: string): Interval {
  let interval: Interval = { low: null, high: null };
  for (const part of text.split(',')) interval = intersect(interval, parseComparator(part.trim()));
  return interval;
}

function intersect(a: Interval, b: Interval): Interval {
  const low = orderLow(a.low, b.low) >= 0 ? a.low : b.low;
  if (a.high === null) return { low, high: b.high };
  if (b.high === null) return { low, high: a.high };
  const order = before(a.high.version, b.high.version) || Number(b.high.open) - Number(a.high.open);
  return { low, high: order <= 0 ? a.high : b.high };
}

function parseComparator(text: string): Interval {
  if (text === '*') return { low: null, high: null };
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
