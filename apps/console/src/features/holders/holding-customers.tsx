/** Deliveries that brought an image with some packages to another account. */
import { HoldingCustomers as Answer, type HoldingCustomer } from '@pratique/contract';
import { type ReactNode, useMemo } from 'react';
import { usePages } from '../../api/use-pages.ts';
import { useText } from '../../catalogue/use-text.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { DigestText } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { ImageMention } from '../image/image-mention.tsx';
import type { Asked } from './holding-images.tsx';

const keyOf = (row: HoldingCustomer): string => `${row.customer} ${row.repository}:${row.tag} ${row.digest} ${row.at}`;

export function HoldingCustomers({ asked, empty }: { asked: Asked; empty: ReactNode }) {
  const { holders } = useText();
  const { account, path, query } = asked;
  const under = [account, ...path, 'customers'].map(encodeURIComponent).join('/');
  const pages = usePages(
    [account, path[0], ...path.slice(1), 'customers'],
    Answer,
    (page) => page.customers,
    `/accounts/${under}`,
    query,
  );
  const columns = useColumns(account);
  return (
    <AnsweredPages query={pages} what={holders.customers} more={holders.more}>
      {(rows) => (
        <DataTable
          label={holders.customers}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={keyOf}
          filters={asked.filters}
          empty={empty}
        />
      )}
    </AnsweredPages>
  );
}

function useColumns(account: string): readonly Column<HoldingCustomer>[] {
  const { holders, words } = useText();
  return useMemo(
    () => [
      textColumn('customer', holders.customer, (row) => row.customer, 208),
      {
        id: 'image',
        head: words.image,
        sort: (row) => `${row.repository}:${row.tag}`,
        cell: (row) => (
          <ImageMention
            account={account}
            repository={row.repository}
            reference={row.digest}
            label={`${row.repository}:${row.tag}`}
          />
        ),
      },
      { id: 'digest', head: words.digest, width: 184, cell: (row) => <DigestText digest={row.digest} /> },
      momentColumn('at', holders.deliveredAt, (row) => row.at),
    ],
    [account, holders, words],
  );
}
