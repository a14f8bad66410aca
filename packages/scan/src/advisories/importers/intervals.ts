/** Sets of versions as intervals: what a source calls safe, turned inside out into what is affected. */
import type { AdvisoryRange } from '../record.ts';

/** A bound: null is without end; `open` leaves the version itself out. */
export type Bound = { version: string; open: boolean } | null;
export type Interval = { low: Bound; high: Bound };
/** Negative where the first version is the earlier one. */
export type Compare = (a: string, b: string) => number;

export const EVERYTHING: Interval = { low: null, high: null };

/**
 * The versions in none of the intervals, as ranges; the first safe version after a range is its fixed version.
 * @throws what `compare` throws for versions that cannot be read
 */
export function rangesOutside(safe: readonly Interval[], compare: Compare): AdvisoryRange[] {
  const intervals = [...safe].sort((a, b) => orderLow(a.low, b.low, compare));
  const ranges: AdvisoryRange[] = [];
  let from: Bound = null; // the first version that is not known to be safe
  let done = false;
  for (const { low, high } of intervals) {
    if (done) break;
    if (
      low !== null &&
      (from === null ||
        compare(from.version, low.version) < 0 ||
        (compare(from.version, low.version) === 0 && !from.open && low.open))
    ) {
      ranges.push({ ...start(from), fixed: low.open ? null : low.version, last: low.open ? low.version : null });
    }
    if (high === null) done = true;
    else if (from === null || compare(high.version, from.version) >= 0)
      from = { version: high.version, open: !high.open };
  }
  if (!done) ranges.push({ ...start(from), fixed: null, last: null });
  return ranges;
}

/** The versions in one of `affected` and in none of `safe`. @throws what `compare` throws */
export function rangesInside(
  affected: readonly Interval[],
  safe: readonly Interval[],
  compare: Compare,
): AdvisoryRange[] {
  return rangesOutside([...rangesOutside(affected, compare).map(intervalOf), ...safe], compare);
}

/** The versions that both hold. */
export function intersect(a: Interval, b: Interval, compare: Compare): Interval {
  const low = orderLow(a.low, b.low, compare) >= 0 ? a.low : b.low;
  if (a.high === null) return { low, high: b.high };
  if (b.high === null) return { low, high: a.high };
  const order = compare(a.high.version, b.high.version) || Number(b.high.open) - Number(a.high.open);
  return { low, high: order <= 0 ? a.high : b.high };
}

/** False for an interval such as the one above 2 and below 1. */
export function holdsAny({ low, high }: Interval, compare: Compare): boolean {
  if (low === null || high === null) return true;
  const order = compare(low.version, high.version);
  return order < 0 || (order === 0 && !low.open && !high.open);
}

/** One interval as the range of an advisory. */
export function rangeOf({ low, high }: Interval): AdvisoryRange {
  return {
    from: low === null ? null : low.version,
    ...(low?.open ? { after: true as const } : {}),
    fixed: high?.open ? high.version : null,
    last: high && !high.open ? high.version : null,
  };
}

function intervalOf(range: AdvisoryRange): Interval {
  const high = range.fixed ?? range.last;
  return {
    low: range.from === null ? null : { version: range.from, open: range.after === true },
    high: high === null ? null : { version: high, open: range.fixed !== null },
  };
}

function start(from: Bound): Pick<AdvisoryRange, 'from' | 'after'> {
  if (from === null) return { from: null };
  return from.open ? { from: from.version, after: true } : { from: from.version };
}

function orderLow(a: Bound, b: Bound, compare: Compare): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compare(a.version, b.version) || Number(a.open) - Number(b.open);
}
