/** Clusters whose admission is decided here. */
import type { Cluster, NewClusterWithAgentAnswer } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { AnsweredTable } from '../../ui/answered-table.tsx';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { actionColumn, textColumn } from '../../ui/columns.tsx';
import { Empty } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { AgentCell } from './agent-cell.tsx';
import { AddClusterDialog, ChangeClusterDialog, RemoveClusterDialog } from './cluster-dialogs.tsx';
import { ClusterPanel } from './cluster-panel.tsx';
import { ManifestsDialog } from './manifests-dialog.tsx';
import { useClusters } from './use-workloads.ts';

type Action = { kind: 'add' } | { kind: 'change' | 'remove'; cluster: Cluster };
const keyOf = (row: Cluster): string => row.name;
const textOf = (row: Cluster): string => `${row.name} ${row.mode} ${row.exemptNamespaces.join(' ')}`;

export function Clusters() {
  const { workloads } = useText();
  const { account, may } = useAccount();
  const [action, setAction] = useState<Action | null>(null);
  const [added, setAdded] = useState<NewClusterWithAgentAnswer | null>(null);
  const table = useTableState();
  const columns = useColumns((cluster) => table.set({ cluster }), may('maintainer') ? setAction : null);
  const query = useClusters(account);
  const open = query.data?.find((one) => one.name === table.param('cluster'));
  const done = (): void => setAction(null);
  const empty = (
    <Empty
      title={workloads.noClusters}
      hint={workloads.noClustersHint}
      command={`pratique cluster enroll ${account}/production | kubectl apply -f -`}
    />
  );
  return (
    <>
      <AnsweredTable
        label={workloads.clusters}
        query={query}
        above={
          <OnlyFor role="maintainer">
            <Button onClick={() => setAction({ kind: 'add' })}>{workloads.add}</Button>
          </OnlyFor>
        }
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={empty}
      />
      {open && <ClusterPanel cluster={open} onClose={() => table.set({ cluster: '' })} />}
      {action?.kind === 'add' && <AddClusterDialog onAdded={setAdded} onClose={done} />}
      {action?.kind === 'change' && <ChangeClusterDialog cluster={action.cluster} onClose={done} />}
      {action?.kind === 'remove' && <RemoveClusterDialog cluster={action.cluster} onClose={done} />}
      {added && <ManifestsDialog cluster={added.cluster.name} made={added} onClose={() => setAdded(null)} />}
    </>
  );
}

function useColumns(
  open: (cluster: string) => void,
  act: ((action: Action) => void) | null,
): readonly Column<Cluster>[] {
  const { workloads, words } = useText();
  return useMemo(
    () => [
      {
        id: 'name',
        head: words.name,
        width: 168,
        sort: (row) => row.name,
        cell: (row) => (
          <Button look="bare" onClick={() => open(row.name)}>
            {row.isDefault ? `${row.name} (${workloads.isDefault})` : row.name}
          </Button>
        ),
      },
      { id: 'agent', head: workloads.agent, width: 112, cell: (row) => <AgentCell cluster={row.name} part="state" /> },
      {
        id: 'report',
        head: workloads.lastReport,
        width: 128,
        cell: (row) => <AgentCell cluster={row.name} part="report" />,
      },
      {
        id: 'pods',
        head: workloads.pods,
        width: 72,
        number: true,
        cell: (row) => <AgentCell cluster={row.name} part="pods" />,
      },
      textColumn('mode', workloads.mode, (row) => workloads.modes[row.mode], 176),
      textColumn('exempt', workloads.exemptShort, (row) => row.exemptNamespaces.join(', ')),
      actionColumn(
        words.action,
        152,
        (row) =>
          act && (
            <>
              <Button look="bare" onClick={() => act({ kind: 'change', cluster: row })}>
                {workloads.change}
              </Button>
              <Button look="bare" onClick={() => act({ kind: 'remove', cluster: row })}>
                {words.remove}
              </Button>
            </>
          ),
      ),
    ],
    [open, act, workloads, words],
  );
}
