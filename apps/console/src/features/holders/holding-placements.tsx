/** Containers that run an image with some packages now. */
import { HoldingPlacements as Answer, type Placement } from '@pratique/contract';
import type { ReactNode } from 'react';
import { usePages } from '../../api/use-pages.ts';
import { useText } from '../../catalogue/use-text.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { usePlacementColumns } from '../workloads/placement-columns.tsx';
import type { Asked } from './holding-images.tsx';

const keyOf = (row: Placement): string => `${row.cluster}/${row.namespace}/${row.pod}/${row.container}`;
const textOf = (row: Placement): string =>
  `${keyOf(row)} ${row.workload ? `${row.workload.kind} ${row.workload.name}` : ''} ${row.image} ${row.digest ?? ''}`;

export function HoldingPlacements({ asked, empty }: { asked: Asked; empty: ReactNode }) {
  const { holders } = useText();
  const { account, path, query } = asked;
  const under = [account, ...path, 'placements'].map(encodeURIComponent).join('/');
  const pages = usePages(
    [account, path[0], ...path.slice(1), 'placements'],
    Answer,
    (page) => page.placements,
    `/accounts/${under}`,
    query,
  );
  const columns = usePlacementColumns(account);
  return (
    <AnsweredPages query={pages} what={holders.containers} more={holders.more}>
      {(rows) => (
        <DataTable
          label={holders.containers}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          filters={asked.filters}
          empty={empty}
        />
      )}
    </AnsweredPages>
  );
}
