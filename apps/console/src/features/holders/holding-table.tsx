/** A table of what holds some packages: images, containers or customers, page by page. */
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { usePages } from '../../api/use-pages.ts';
import { useText } from '../../catalogue/use-text.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import type { Column } from '../../ui/column.ts';
import { DataTable } from '../../ui/data-table.tsx';

export type Asked = {
  account: string;
  /** What is asked about: `['advisories', 'CVE-2026-1']`. */
  path: readonly string[];
  query?: Record<string, string>;
  /** Beside the text filter of the table. */
  filters?: ReactNode;
};

type Props<Page, Row> = {
  asked: Asked;
  part: 'images' | 'placements' | 'customers';
  answer: z.ZodType<Page>;
  rowsOf: (page: Page) => Row[];
  label: string;
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  textOf: (row: Row) => string;
  empty: ReactNode;
};

export function HoldingTable<Page extends { next: string | null }, Row>({
  asked: { account, path, query, filters },
  part,
  answer,
  rowsOf,
  label,
  columns,
  keyOf,
  textOf,
  empty,
}: Props<Page, Row>) {
  const { holders } = useText();
  const under = [account, ...path, part].map(encodeURIComponent).join('/');
  const pages = usePages([account, path[0], ...path.slice(1), part], answer, rowsOf, `/accounts/${under}`, query);
  return (
    <AnsweredPages query={pages} what={label} more={holders.more}>
      {(rows) => (
        <DataTable
          label={label}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          filters={filters}
          empty={empty}
        />
      )}
    </AnsweredPages>
  );
}
