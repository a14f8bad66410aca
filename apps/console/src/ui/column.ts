/** A column of a table. */
import type { ReactNode } from 'react';

export type Column<T> = {
  id: string;
  head: string;
  /** Width in pixels; the columns without one share the rest. */
  width?: number;
  number?: boolean;
  sort?: (row: T) => string | number;
  cell: (row: T) => ReactNode;
};
