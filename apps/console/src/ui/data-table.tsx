/** A table whose filter, order and columns live in the address; long ones draw only the rows in view. */
import { type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import { useText } from '../catalogue/use-text.ts';
import { arrange } from './arrange.ts';
import { Button } from './button.tsx';
import type { Column } from './column.ts';
import { TableHead } from './table-head.tsx';
import { TableRows } from './table-rows.tsx';
import { TableTools } from './table-tools.tsx';
import { useTableState } from './use-table-state.ts';
import './data-table.css';

export type DataTableProps<T> = {
  /** Names the table for who cannot see it. */
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  /** What the filter looks at. */
  textOf: (row: T) => string;
  /** Before the names in the address, where a page shows two tables at once. */
  prefix?: string;
  /** Further filters, beside the text. */
  filters?: ReactNode;
  empty: ReactNode;
};

export function DataTable<T>({ label, rows, columns, keyOf, textOf, prefix = '', filters, empty }: DataTableProps<T>) {
  const { states } = useText();
  const table = useTableState(prefix);
  const q = useDeferredValue(table.q);
  const sort = useDeferredValue(table.sort);
  // A state, not a ref: rows are measured against it, and it is there only after they were first drawn.
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const texts = useMemo(() => new Map(rows.map((row) => [row, textOf(row).toLowerCase()])), [rows, textOf]);
  const arranged = useMemo(
    () => arrange(rows, columns, q, sort, (row) => texts.get(row) ?? ''),
    [rows, columns, q, sort, texts],
  );
  const shown = useMemo(() => columns.filter((column) => !table.hidden.has(column.id)), [columns, table.hidden]);
  const minWidth = shown.reduce((sum, column) => sum + (column.width ?? 160), 0);
  if (rows.length === 0 && !filters) return empty;
  return (
    <div className="data-table">
      <TableTools
        table={table}
        columns={columns}
        filters={filters}
        shown={arranged.length}
        all={rows.length}
        label={label}
      />
      {rows.length === 0 ? (
        empty
      ) : (
        <div className="table-scroller" ref={setScroller} role="group" tabIndex={0} aria-label={label}>
          <table style={{ minWidth }} aria-rowcount={arranged.length + 1}>
            <TableHead columns={shown} table={table} />
            <TableRows rows={arranged} columns={shown} keyOf={keyOf} scroller={scroller} />
          </table>
          {arranged.length === 0 && (
            <p className="no-match">
              {states.noMatch}{' '}
              <Button look="bare" onClick={() => table.set({ q: '' })}>
                {states.clearFilter}
              </Button>
            </p>
          )}
        </div>
      )}
    </div>
  );
}
