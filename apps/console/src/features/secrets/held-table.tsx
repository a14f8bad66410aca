/** A list across images that the server orders and narrows: loaded as one scrolls. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import type { Column } from '../../ui/column.ts';
import { PagedTable } from '../../ui/paged-table.tsx';
import { Empty, Failure, SkeletonRows } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';

type Props<T> = {
  query: UseInfiniteQueryResult<InfiniteData<T[]>>;
  label: string;
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  /** Something narrows the list, so that none may mean none of these. */
  isNarrowed: boolean;
  filters?: ReactNode;
  none: { title: string; hint?: string };
};

export function HeldTable<T>({ query, label, columns, keyOf, isNarrowed, filters, none }: Props<T>) {
  const { states } = useText();
  const table = useTableState();
  const rows = useMemo(() => query.data?.pages.flat() ?? [], [query.data]);
  if (!query.data && query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      {query.error && <Failure error={query.error} retry={() => void query.fetchNextPage()} />}
      <PagedTable
        label={label}
        rows={rows}
        total={null}
        columns={columns}
        keyOf={keyOf}
        table={table}
        sorted={null}
        more={query}
        busy={query.isPlaceholderData}
        hasFilter={false}
        filters={filters}
        empty={
          query.data ? (
            <Empty {...(isNarrowed ? { title: states.noMatch } : none)} />
          ) : (
            <div role="status" aria-busy="true">
              <span className="visually-hidden">{states.loading(label)}</span>
              <SkeletonRows rows={12} />
            </div>
          )
        }
      />
    </>
  );
}
