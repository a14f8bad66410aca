/** A table of what a query answers, below what can be done with the whole of it. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { DataTable, type DataTableProps } from './data-table.tsx';
import { Answered } from './states.tsx';

type Props<T> = Omit<DataTableProps<T>, 'rows'> & { query: UseQueryResult<T[]>; above?: ReactNode };

export function AnsweredTable<T>({ query, above, ...table }: Props<T>) {
  return (
    <>
      {above && <p className="above-table">{above}</p>}
      <Answered query={query} what={table.label}>
        {(rows) => <DataTable {...table} rows={rows} />}
      </Answered>
    </>
  );
}
