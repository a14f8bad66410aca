/** Where the image runs now, as the agents of the clusters say. */
import type { ImageStatus, Placement } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import type { Column } from '../../../ui/column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { Empty } from '../../../ui/states.tsx';

const keyOf = (row: Placement): string => `${row.cluster}/${row.namespace}/${row.pod}/${row.container}`;
const textOf = (row: Placement): string => `${keyOf(row)} ${workloadOf(row)}`;
const workloadOf = (row: Placement): string => (row.workload ? `${row.workload.kind} ${row.workload.name}` : '');

export function Running({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  return (
    <DataTable
      label={text.running}
      rows={image.runningIn}
      columns={useColumns()}
      keyOf={keyOf}
      textOf={textOf}
      empty={
        <Empty title={text.notRunning}>
          <p>{text.notRunningHint}</p>
        </Empty>
      }
    />
  );
}

function useColumns(): readonly Column<Placement>[] {
  const { image: text, workloads } = useText();
  return useMemo(
    () => [
      {
        id: 'cluster',
        head: workloads.cluster,
        width: 160,
        sort: (row) => row.cluster,
        cell: (row) => (row.isSilent ? `${row.cluster} (${text.silent})` : row.cluster),
      },
      { id: 'namespace', head: text.namespace, width: 140, sort: (row) => row.namespace, cell: (row) => row.namespace },
      { id: 'workload', head: workloads.workload, width: 200, sort: workloadOf, cell: workloadOf },
      { id: 'pod', head: text.pod, sort: (row) => row.pod, cell: (row) => `${row.pod} / ${row.container}` },
      {
        id: 'since',
        head: text.runningSince,
        width: 128,
        sort: (row) => row.startedAt ?? '',
        cell: (row) => (row.startedAt ? <Moment at={row.startedAt} /> : text.waits),
      },
    ],
    [text, workloads],
  );
}
