/** The statements of one VEX document. */
import type { VexStatementInfo } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import type { Column } from '../../../ui/column.ts';
import { textColumn } from '../../../ui/columns.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/states.tsx';
import { AdvisoryMention } from '../../advisory/advisory-mention.tsx';
import { useJustification } from './justification.ts';

type Numbered = VexStatementInfo & { place: number };
const keyOf = (row: Numbered): string => String(row.place);
const productsOf = (row: VexStatementInfo): string =>
  row.products.map(({ id, components }) => (components.length > 0 ? `${id}: ${components.join(', ')}` : id)).join('\n');
const textOf = (row: Numbered): string =>
  `${row.names.join(' ')} ${row.status} ${row.justification ?? ''} ${row.statement ?? ''} ${productsOf(row)}`;

export function StatementTable({ account, statements }: { account: string; statements: VexStatementInfo[] }) {
  const { vex, words } = useText();
  const rows = useMemo(() => statements.map((one, place) => ({ ...one, place })), [statements]);
  return (
    <DataTable
      prefix="said-"
      label={vex.statements}
      rows={rows}
      columns={useColumns(account)}
      keyOf={keyOf}
      textOf={textOf}
      empty={<Empty title={words.none} />}
    />
  );
}

function useColumns(account: string): readonly Column<Numbered>[] {
  const { vex, image, words } = useText();
  const justified = useJustification();
  return useMemo(
    () => [
      {
        id: 'advisory',
        head: image.advisory,
        width: 160,
        sort: (row) => row.names[0] ?? '',
        cell: (row) => <AdvisoryMention account={account} id={row.names[0] ?? ''} />,
      },
      textColumn('status', words.state, (row) => vex.statuses[row.status], 128),
      textColumn('why', words.reason, (row) =>
        [justified(row.justification), row.statement].filter(Boolean).join('. '),
      ),
      textColumn('products', vex.products, productsOf),
    ],
    [account, vex, image, words, justified],
  );
}
