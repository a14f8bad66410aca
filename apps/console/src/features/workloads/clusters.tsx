/** Clusters whose admission is decided here. */
import type { Cluster, NewClusterAnswer } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { AnsweredTable } from '../../ui/answered-table.tsx';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { actionColumn, momentColumn, textColumn } from '../../ui/columns.tsx';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty } from '../../ui/states.tsx';
import { AddClusterDialog, ChangeClusterDialog, RemoveClusterDialog } from './cluster-dialogs.tsx';
import { useClusters } from './use-workloads.ts';

type Action = { kind: 'add' } | { kind: 'change' | 'remove'; cluster: Cluster };
const keyOf = (row: Cluster): string => row.name;
const textOf = (row: Cluster): string => `${row.name} ${row.mode} ${row.exemptNamespaces.join(' ')}`;

export function Clusters() {
  const { workloads } = useText();
  const { account, may } = useAccount();
  const [action, setAction] = useState<Action | null>(null);
  const [added, setAdded] = useState<NewClusterAnswer | null>(null);
  const columns = useColumns(may('maintainer') ? setAction : null);
  const done = (): void => setAction(null);
  const empty = (
    <Empty title={workloads.noClusters}>
      <p>{workloads.noClustersHint}</p>
      <Command text={`pratique cluster add ${account} production | kubectl apply -f -`} />
    </Empty>
  );
  return (
    <>
      <AnsweredTable
        label={workloads.clusters}
        query={useClusters(account)}
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
      {action?.kind === 'add' && <AddClusterDialog onAdded={setAdded} onClose={done} />}
      {action?.kind === 'change' && <ChangeClusterDialog cluster={action.cluster} onClose={done} />}
      {action?.kind === 'remove' && <RemoveClusterDialog cluster={action.cluster} onClose={done} />}
      {added && (
        <Dialog side title={workloads.addedTitle(added.cluster.name)} onClose={() => setAdded(null)}>
          <p>{workloads.addedLead}</p>
          <Command text={added.manifests} label="kubectl apply -f -" />
        </Dialog>
      )}
    </>
  );
}

function useColumns(act: ((action: Action) => void) | null): readonly Column<Cluster>[] {
  const { workloads, words } = useText();
  return useMemo(
    () => [
      {
        id: 'name',
        head: words.name,
        width: 200,
        sort: (row) => row.name,
        cell: (row) => (row.isDefault ? `${row.name} (${workloads.isDefault})` : row.name),
      },
      textColumn('mode', workloads.mode, (row) => workloads.modes[row.mode], 240),
      textColumn('exempt', workloads.exempt, (row) => row.exemptNamespaces.join(', ')),
      momentColumn('created', words.created, (row) => row.createdAt),
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
    [act, workloads, words],
  );
}
