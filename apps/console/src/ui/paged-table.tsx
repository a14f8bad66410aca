/** A table of rows that the server orders and narrows; further pages are loaded as one scrolls, and only rows in view are drawn. */
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useText } from '../catalogue/use-text.ts';
import type { Column } from './column.ts';
import { TableHead } from './table-head.tsx';
import { TableRows } from './table-rows.tsx';
import { TableTools } from './table-tools.tsx';
import type { TableState } from './use-table-state.ts';
import './data-table.css';

/** How far from the end the next page is asked for: some screens. */
const AHEAD_PX = 3200;

type Props<T> = {
  label: string;
  rows: readonly T[];
  /** How many there are with those that are not loaded; null where that is not known. */
  total: number | null;
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  table: TableState;
  /** The column that the rows fall by; null where there is one order alone. */
  sorted: string | null;
  more: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    fetchNextPage: () => unknown;
  };
  /** Other rows are on their way. */
  busy: boolean;
  filters?: ReactNode;
  hasFilter?: boolean;
  empty: ReactNode;
};

export function PagedTable<T>(props: Props<T>) {
  const { label, rows, total, columns, table, sorted, more, busy, filters, hasFilter = true } = props;
  const { words } = useText();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const shown = useMemo(() => columns.filter((column) => !table.hidden.has(column.id)), [columns, table.hidden]);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = more;
  const load = useCallback(() => {
    if (!scroller || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AHEAD_PX) void fetchNextPage();
  }, [scroller, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  useEffect(load, [load, rows.length]);
  const head = useMemo(() => headOf(table, sorted), [table, sorted]);
  const minWidth = shown.reduce((sum, column) => sum + (column.width ?? 160), 0);
  return (
    <div className="data-table">
      <TableTools
        table={table}
        columns={columns}
        filters={filters}
        shown={rows.length}
        all={total ?? rows.length}
        label={label}
        count={words.loaded}
        hasFilter={hasFilter}
      />
      {rows.length === 0 ? (
        props.empty
      ) : (
        <div
          className="table-scroller"
          ref={setScroller}
          onScroll={load}
          role="group"
          tabIndex={0}
          aria-label={label}
          aria-busy={busy || undefined}
        >
          <table style={{ minWidth }} aria-rowcount={total === null && hasNextPage ? -1 : (total ?? rows.length) + 1}>
            <TableHead columns={shown} table={head} />
            <TableRows rows={rows} columns={shown} keyOf={props.keyOf} scroller={scroller} />
          </table>
        </div>
      )}
    </div>
  );
}

/** The server knows each order in one direction: the heading of the one in use leads back to the usual. */
function headOf(table: TableState, sorted: string | null): TableState {
  return {
    ...table,
    sort: sorted === null ? null : { column: sorted, descending: true },
    set: ({ sort = '' }) => table.set({ sort }),
  };
}
