/** Findings by pages, with news of what came and went, and the reason for each. */
import type { FindingRow } from '@pratique/contract';
import { type ReactNode, useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Button } from '../../ui/button.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import { Failure, SkeletonRows } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { keyOfRow } from './compare-head.ts';
import { useFindingColumns } from './finding-columns.tsx';
import { FindingWhy } from './finding-why.tsx';
import type { Narrowed } from './narrow.ts';
import { readSort } from './narrow.ts';
import { type Loaded, useFindingRows } from './use-findings.ts';

type Props = {
  account: string;
  /** Without the order, which the table keeps in the address itself. */
  asked: Narrowed;
  /** How many there are; null while that is not known. */
  total: number | null;
  /** Columns that say the same in every row. */
  without?: readonly string[];
  empty: ReactNode;
};

export function FindingsTable({ account, asked, total, without = [], empty }: Props) {
  const { findings: text, states } = useText();
  const table = useTableState();
  const sort = readSort(table.sort?.column);
  const query = useMemo(() => ({ ...asked, sort: sort === 'priority' ? undefined : sort }), [asked, sort]);
  const loaded = useFindingRows(account, query);
  const all = useFindingColumns(account);
  const columns = useMemo(() => all.filter((column) => !without.includes(column.id)), [all, without]);
  const { error, data, isPlaceholderData } = loaded.query;
  if (!data) {
    if (error) return <Failure error={error} retry={() => void loaded.query.refetch()} />;
    return (
      <div role="status" aria-busy="true">
        <span className="visually-hidden">{states.loading(text.title)}</span>
        <SkeletonRows rows={12} />
      </div>
    );
  }
  return (
    <>
      {error && (
        <Failure
          error={error}
          retry={() => void (data.pages.length > 0 ? loaded.query.fetchNextPage() : loaded.query.refetch())}
        />
      )}
      <News loaded={loaded} />
      <PagedTable
        label={text.title}
        rows={loaded.rows}
        total={loaded.query.hasNextPage ? total : loaded.rows.length}
        columns={columns}
        keyOf={keyOfRow}
        table={table}
        sorted={sort}
        more={loaded.query}
        busy={isPlaceholderData}
        hasFilter={false}
        empty={empty}
      />
      <AskedWhy account={account} rows={loaded.rows} />
    </>
  );
}

/** Nothing moves by itself: whoever reads decides when. */
function News({ loaded: { arrived, gone, accept } }: { loaded: Loaded }) {
  const { findings: text } = useText();
  const { number } = useFormat();
  return (
    <div role="status">
      {arrived + gone > 0 && (
        <p className="new-rows">
          <Button onClick={accept}>
            {gone === 0 ? text.arrived(number(arrived)) : text.arrivedAndGone(number(arrived), number(gone))}
          </Button>
        </p>
      )}
    </div>
  );
}

function AskedWhy({ account, rows }: { account: string; rows: readonly FindingRow[] }) {
  const table = useTableState();
  const asked = table.param('why');
  const row = useMemo(() => (asked === '' ? undefined : rows.find((one) => keyOfRow(one) === asked)), [asked, rows]);
  if (asked === '') return null;
  const [id = '', purl = ''] = asked.split(' ');
  return <FindingWhy account={account} id={id} purl={purl} known={row} onClose={() => table.set({ why: '' })} />;
}
