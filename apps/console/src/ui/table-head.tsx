/** The heading row: each sortable column is a button that says how it sorts. */
import { useText } from '../catalogue/use-text.ts';
import type { Column } from './column.ts';
import { nextSort, type TableState, writeSort } from './use-table-state.ts';

export function TableHead<T>({ columns, table }: { columns: readonly Column<T>[]; table: TableState }) {
  const { words } = useText();
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map((column) => {
          const sorted = table.sort?.column === column.id ? table.sort : null;
          return (
            <th
              key={column.id}
              scope="col"
              className={column.number ? 'number' : ''}
              style={column.width === undefined ? undefined : { width: column.width }}
              aria-sort={sorted ? (sorted.descending ? 'descending' : 'ascending') : undefined}
            >
              {column.sort ? (
                <button
                  type="button"
                  title={words.sortBy(column.head)}
                  onClick={() => table.set({ sort: writeSort(nextSort(table.sort, column.id)) })}
                >
                  {column.head}
                  <span aria-hidden="true">{sorted ? (sorted.descending ? ' ↓' : ' ↑') : ''}</span>
                </button>
              ) : (
                column.head
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
