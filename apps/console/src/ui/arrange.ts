/** Filters and sorts rows; pure, so that it can be tested and memoised. */
import type { Sort } from './use-table-state.ts';

export type Sortable<T> = { id: string; sort?: (row: T) => string | number };

/**
 * Rows whose text holds every word of `q`, in the order of `sort`; rows that compare equal stay in the order they came.
 *
 * @param textOf what the filter looks at, in lower case
 */
export function arrange<T>(
  rows: readonly T[],
  columns: readonly Sortable<T>[],
  q: string,
  sort: Sort | null,
  textOf: (row: T) => string,
): T[] {
  const wanted = q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const kept =
    wanted.length === 0 ? [...rows] : rows.filter((row) => wanted.every((word) => textOf(row).includes(word)));
  const by = sort ? columns.find((column) => column.id === sort.column)?.sort : undefined;
  if (!sort || !by) return kept;
  const direction = sort.descending ? -1 : 1;
  const values = kept.map((row) => by(row));
  const ranks = ranksOf(values);
  return kept
    .map((row, index) => ({ row, rank: ranks.get(values[index] ?? '') ?? 0 }))
    .sort((a, b) => direction * (a.rank - b.rank))
    .map(({ row }) => row);
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The place of each distinct value: columns repeat themselves, and comparing text by the rules of a language is slow. */
function ranksOf(values: readonly (string | number)[]): Map<string | number, number> {
  const distinct = [...new Set(values)].sort(compare);
  const ranks = new Map<string | number, number>();
  let rank = 0;
  for (const [index, value] of distinct.entries()) {
    const before = distinct[index - 1];
    if (before !== undefined && compare(before, value) !== 0) rank++;
    ranks.set(value, rank);
  }
  return ranks;
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
}
