/** The columns that most tables have: a text, a moment, what can be done. */
import type { ReactNode } from 'react';
import type { Column } from './column.ts';
import { Moment } from './moment.tsx';

/** Sorted by what it shows; what does not fit is shown whole on hover. */
export function textColumn<T>(id: string, head: string, read: (row: T) => string | null, width?: number): Column<T> {
  return {
    id,
    head,
    ...(width === undefined ? {} : { width }),
    sort: (row) => read(row) ?? '',
    cell: (row) => {
      const text = read(row) ?? '';
      return <span title={text}>{text}</span>;
    },
  };
}

/** @param none stands where there is no moment */
export function momentColumn<T>(
  id: string,
  head: string,
  read: (row: T) => string | null,
  none: ReactNode = '',
): Column<T> {
  return {
    id,
    head,
    width: 128,
    sort: (row) => read(row) ?? '',
    cell: (row) => {
      const at = read(row);
      return at === null ? none : <Moment at={at} />;
    },
  };
}

export function actionColumn<T>(head: string, width: number, cell: (row: T) => ReactNode): Column<T> {
  return { id: 'action', head, width, cell };
}
