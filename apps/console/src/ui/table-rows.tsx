/** The rows: all of a short table, those in view of a long one. Rows are 32 pixels high, so positions are known. */
import { useVirtualizer } from '@tanstack/react-virtual';
import type { Column } from './column.ts';

const ROW_PX = 32;
/** Below this, drawing all rows costs nothing, and the page scrolls as one. */
const LONG = 60;

type Props<T> = {
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  scroller: HTMLDivElement | null;
};

export function TableRows<T>(props: Props<T>) {
  if (props.rows.length > LONG) return <RowsInView {...props} />;
  return (
    <tbody>
      {props.rows.map((row, index) => (
        <Row key={props.keyOf(row)} row={row} index={index} columns={props.columns} />
      ))}
    </tbody>
  );
}

function RowsInView<T>({ rows, columns, keyOf, scroller }: Props<T>) {
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <tbody className="long">
      {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
      {items.map((item) => {
        const row = rows[item.index];
        return row === undefined ? null : <Row key={keyOf(row)} row={row} index={item.index} columns={columns} />;
      })}
      {after > 0 && <tr aria-hidden="true" style={{ height: after }} />}
    </tbody>
  );
}

function Row<T>({ row, index, columns }: { row: T; index: number; columns: readonly Column<T>[] }) {
  return (
    <tr aria-rowindex={index + 2}>
      {columns.map((column) => (
        <td key={column.id} className={column.number ? 'number' : ''}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}
