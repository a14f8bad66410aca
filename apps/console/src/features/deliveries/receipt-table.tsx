/** Receipts: proof of what was copied, in both directions. */
import type { Receipt } from '@pratique/contract';
import { type ReactNode, useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import type { Column } from '../../ui/column.ts';
import { DigestText } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ImageMention } from '../image/image-mention.tsx';

const keyOf = (row: Receipt): string => `${row.id} ${row.side}`;
const textOf = (row: Receipt): string =>
  `${row.repository}:${row.tag} ${row.counterparty} ${row.digest} ${row.graphHash}`;

export function ReceiptTable({ account, receipts, empty }: { account: string; receipts: Receipt[]; empty: ReactNode }) {
  const { deliveries, words } = useText();
  const { number } = useFormat();
  const columns = useMemo<readonly Column<Receipt>[]>(
    () => [
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
      {
        id: 'side',
        head: deliveries.side,
        width: 96,
        sort: (row) => row.side,
        cell: (row) => deliveries.sides[row.side],
      },
      {
        id: 'counterparty',
        head: deliveries.counterparty,
        width: 176,
        sort: (row) => row.counterparty,
        cell: (row) => row.counterparty,
      },
      {
        id: 'parts',
        head: deliveries.parts,
        width: 184,
        cell: (row) => deliveries.partsOf(number(row.manifests), number(row.blobs)),
      },
      { id: 'graph', head: deliveries.graph, width: 184, cell: (row) => <DigestText digest={row.graphHash} /> },
      { id: 'when', head: words.when, width: 128, sort: (row) => row.at, cell: (row) => <Moment at={row.at} /> },
    ],
    [account, deliveries, words, number],
  );
  return (
    <DataTable
      label={deliveries.receipts}
      rows={receipts}
      columns={columns}
      keyOf={keyOf}
      textOf={textOf}
      empty={empty}
    />
  );
}
