/** Filtering and sorting of tables, and how the address says it. */
import { describe, expect, test } from 'vitest';
import { arrange } from './arrange.ts';
import { nextSort, parseSort, writeSort } from './use-table-state.ts';

type Row = { name: string; size: number };
const ROWS: Row[] = [
  { name: 'app-10', size: 2 },
  { name: 'app-9', size: 2 },
  { name: 'base', size: 1 },
];
const COLUMNS = [
  { id: 'name', sort: (row: Row) => row.name },
  { id: 'size', sort: (row: Row) => row.size },
];
const names = (q: string, sort: string | null) =>
  arrange(ROWS, COLUMNS, q, parseSort(sort), (row) => row.name).map((row) => row.name);

describe('rows', () => {
  test('stay as they came without a filter and an order', () =>
    expect(names('', null)).toEqual(['app-10', 'app-9', 'base']));
  test('hold every word of the filter, in any order and case', () => {
    expect(names('10 APP', null)).toEqual(['app-10']);
    expect(names('app nothing', null)).toEqual([]);
  });
  test('sort figures within names by their value', () =>
    expect(names('', 'name')).toEqual(['app-9', 'app-10', 'base']));
  test('that are equal keep their order, also downwards', () =>
    expect(names('', '-size')).toEqual(['app-10', 'app-9', 'base']));
  test('ignore a column of the address that does not exist', () =>
    expect(names('', 'nonsense')).toEqual(['app-10', 'app-9', 'base']));
  test('of fifty thousand are filtered and sorted without changing the input', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => ({ name: `p-${(index * 7919) % 50_000}`, size: index }));
    const first = many[0];
    const sorted = arrange(many, COLUMNS, 'p-4', parseSort('name'), (row) => row.name);
    expect(sorted).toHaveLength(11_111);
    expect(sorted[0]?.name).toBe('p-4');
    expect(many[0]).toBe(first);
  });
});

test('a heading sorts up, then down, then not at all', () => {
  const up = nextSort(null, 'name');
  const down = nextSort(up, 'name');
  expect([writeSort(up), writeSort(down), writeSort(nextSort(down, 'name'))]).toEqual(['name', '-name', '']);
  expect(writeSort(nextSort(down, 'size'))).toBe('size');
});
