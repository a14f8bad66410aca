/** Containers that run an image with some packages now. */
import { HoldingPlacements as Answer, type Placement } from '@pratique/contract';
import type { ReactNode } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { usePlacementColumns } from '../workloads/placement-columns.tsx';
import { type Asked, HoldingTable } from './holding-table.tsx';

const keyOf = (row: Placement): string => `${row.cluster}/${row.namespace}/${row.pod}/${row.container}`;
const textOf = (row: Placement): string =>
  `${keyOf(row)} ${row.workload ? `${row.workload.kind} ${row.workload.name}` : ''} ${row.image} ${row.digest ?? ''}`;

export function HoldingPlacements({ asked, empty }: { asked: Asked; empty: ReactNode }) {
  const { holders } = useText();
  return (
    <HoldingTable
      asked={asked}
      part="placements"
      answer={Answer}
      rowsOf={(page) => page.placements}
      label={holders.containers}
      columns={usePlacementColumns(asked.account)}
      keyOf={keyOf}
      textOf={textOf}
      empty={empty}
    />
  );
}
