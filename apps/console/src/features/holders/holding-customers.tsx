/** Deliveries that brought an image with some packages to another account. */
import { HoldingCustomers as Answer, type HoldingCustomer } from '@pratique/contract';
import { type ReactNode, useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { DigestText } from '../../ui/copyable.tsx';
import { ImageMention } from '../image/image-mention.tsx';
import { type Asked, HoldingTable } from './holding-table.tsx';

const keyOf = (row: HoldingCustomer): string => `${row.customer} ${row.repository}:${row.tag} ${row.digest} ${row.at}`;

export function HoldingCustomers({ asked, empty }: { asked: Asked; empty: ReactNode }) {
  const { holders } = useText();
  return (
    <HoldingTable
      asked={asked}
      part="customers"
      answer={Answer}
      rowsOf={(page) => page.customers}
      label={holders.customers}
      columns={useColumns(asked.account)}
      keyOf={keyOf}
      textOf={keyOf}
      empty={empty}
    />
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
