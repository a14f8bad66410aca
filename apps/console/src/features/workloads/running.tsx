/** Which pods run which image, as the agents of the clusters say. */
import type { Placement } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { Choice } from '../../ui/choice.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Answered, Empty, Failure, SkeletonRows } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { usePlacementColumns } from './placement-columns.tsx';
import { PLACEMENTS, useClusters, usePlacements } from './use-workloads.ts';

const keyOf = (row: Placement): string => `${row.cluster}/${row.namespace}/${row.pod}/${row.container}`;
const textOf = (row: Placement): string =>
  `${keyOf(row)} ${row.workload ? `${row.workload.kind} ${row.workload.name}` : ''} ${row.image} ${row.digest ?? ''}`;

export function Running() {
  const { workloads } = useText();
  const { account } = useAccount();
  return (
    <Answered query={useClusters(account)} what={workloads.clusters}>
      {(clusters) => <Placements account={account} clusters={clusters.map((one) => one.name)} />}
    </Answered>
  );
}

function Placements({ account, clusters }: { account: string; clusters: string[] }) {
  const { workloads, words } = useText();
  const { number } = useFormat();
  const asked = useTableState().param('cluster');
  const shown = clusters.includes(asked) ? [asked] : clusters;
  const queries = usePlacements(account, shown);
  const columns = usePlacementColumns(account);
  const rows = useMemo(() => queries.flatMap((query) => query.data ?? []), [queries]);
  const failed = queries.find((query) => query.error);
  if (rows.length === 0 && queries.some((query) => query.isPending)) return <SkeletonRows rows={12} />;
  return (
    <>
      {failed?.error && <Failure error={failed.error} retry={() => void failed.refetch()} />}
      {queries.some((query) => query.data?.length === PLACEMENTS) && (
        <p className="above-table quiet">{workloads.cut(number(PLACEMENTS))}</p>
      )}
      <DataTable
        label={workloads.running}
        rows={rows}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        filters={
          clusters.length > 1 && (
            <Choice
              name="cluster"
              label={workloads.cluster}
              options={[['', workloads.anyCluster], ...clusters.map((name) => [name, name] as const)]}
            />
          )
        }
        empty={
          asked === '' ? (
            <Empty
              title={workloads.nothingRuns}
              hint={workloads.nothingRunsHint}
              command={`pratique cluster enroll ${account} NAME`}
            />
          ) : (
            <Empty title={words.none} />
          )
        }
      />
    </>
  );
}
