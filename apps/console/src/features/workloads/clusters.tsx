/** Clusters whose admission is decided here. */
import type { Cluster, NewClusterAnswer } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { Command } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { AddClusterDialog, ChangeClusterDialog, RemoveClusterDialog } from './cluster-dialogs.tsx';
import { useClusters } from './use-workloads.ts';

type Action = { kind: 'add' } | { kind: 'change' | 'remove'; cluster: Cluster };
const keyOf = (row: Cluster): string => row.name;
const textOf = (row: Cluster): string => `${row.name} ${row.mode} ${row.exemptNamespaces.join(' ')}`;

export function Clusters() {
  const { workloads, states, words } = useText();
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
      <p className="above-table">
        {may('maintainer') ? (
          <Button onClick={() => setAction({ kind: 'add' })}>{workloads.add}</Button>
        ) : (
          <span className="quiet">{states.needsRole(words.roles.maintainer, account)}</span>
        )}
      </p>
      <Answered query={useClusters(account)} what={workloads.clusters}>
        {(rows) => (
          <DataTable
            label={workloads.clusters}
            rows={rows}
            columns={columns}
            keyOf={keyOf}
            textOf={textOf}
            empty={empty}
          />
        )}
      </Answered>
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
      {
        id: 'mode',
        head: workloads.mode,
        width: 240,
        sort: (row) => row.mode,
        cell: (row) => workloads.modes[row.mode],
      },
      {
        id: 'exempt',
        head: workloads.exempt,
        cell: (row) => <span title={row.exemptNamespaces.join(', ')}>{row.exemptNamespaces.join(', ')}</span>,
      },
      {
        id: 'created',
        head: words.created,
        width: 128,
        sort: (row) => row.createdAt,
        cell: (row) => <Moment at={row.createdAt} />,
      },
      {
        id: 'action',
        head: words.action,
        width: 152,
        cell: (row) =>
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
      },
    ],
    [act, workloads, words],
  );
}
