/** Where the image runs now, as the agents of the clusters say. */
import type { ImageStatus, Placement } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import type { Column } from '../../../ui/column.ts';
import { momentColumn, textColumn } from '../../../ui/columns.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
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
      empty={<Empty title={text.notRunning} hint={text.notRunningHint} />}
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
        width: 168,
        sort: (row) => row.cluster,
        cell: (row) => <ClusterName row={row} />,
      },
      textColumn('namespace', text.namespace, (row) => row.namespace, 140),
      textColumn('workload', workloads.workload, workloadOf, 200),
      textColumn('pod', text.pod, (row) => `${row.pod} / ${row.container}`),
      momentColumn('since', text.runningSince, (row) => row.startedAt, text.waits),
    ],
    [text, workloads],
  );
}

/** A silent cluster is told in a word; what that means stands behind it. */
function ClusterName({ row }: { row: Placement }) {
  const { image: text, workloads } = useText();
  if (!row.isSilent) return row.cluster;
  return (
    <span title={text.silent}>
      {row.cluster} ({workloads.agentStates.silent})
    </span>
  );
}
