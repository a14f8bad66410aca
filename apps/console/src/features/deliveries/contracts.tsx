/** Contracts: offered by who gives, accepted by who receives. */
import type { Contract } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { Command } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { type ContractAction, ContractDialog } from './contract-dialog.tsx';
import { useContracts } from './use-deliveries.ts';

const keyOf = (row: Contract): string => row.id;
const textOf = (row: Contract): string =>
  `${row.from} ${row.to} ${row.fromRepositories.join(' ')} ${row.toRepositories.join(' ')}`;

export function Contracts() {
  const { deliveries, states, words } = useText();
  const { account, may } = useAccount();
  const [action, setAction] = useState<ContractAction | null>(null);
  const columns = useColumns(account, may('owner') ? setAction : null);
  const empty = (
    <Empty title={deliveries.noContracts}>
      <p>{deliveries.noContractsHint}</p>
      <Command text={`pratique contract offer ${account} --to ACCOUNT`} />
    </Empty>
  );
  return (
    <Answered query={useContracts(account)} what={deliveries.contracts}>
      {(rows) => (
        <>
          <p className="above-table">
            {may('owner') ? (
              <Button onClick={() => setAction({ kind: 'offer' })}>{deliveries.offer}</Button>
            ) : (
              <span className="quiet">{states.needsRole(words.roles.owner, account)}</span>
            )}
          </p>
          <DataTable
            label={deliveries.contracts}
            rows={rows}
            columns={columns}
            keyOf={keyOf}
            textOf={textOf}
            empty={empty}
          />
          {action && <ContractDialog action={action} onClose={() => setAction(null)} />}
        </>
      )}
    </Answered>
  );
}

function useColumns(account: string, act: ((action: ContractAction) => void) | null): readonly Column<Contract>[] {
  const { deliveries, words } = useText();
  return useMemo(
    () => [
      {
        id: 'from',
        head: words.from,
        sort: (row) => row.from,
        cell: (row) => `${row.from}: ${row.fromRepositories.join(', ')}`,
      },
      { id: 'to', head: words.to, sort: (row) => row.to, cell: (row) => `${row.to}: ${row.toRepositories.join(', ')}` },
      {
        id: 'state',
        head: words.state,
        width: 88,
        sort: (row) => row.state,
        cell: (row) => deliveries.contractStates[row.state],
      },
      {
        id: 'trust',
        head: deliveries.trust,
        width: 136,
        cell: (row) => (row.trustVendor ? deliveries.trusted : deliveries.notTrusted),
      },
      {
        id: 'when',
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
              {row.state === 'offered' && row.to === account && (
                <Button look="bare" onClick={() => act({ kind: 'accept', contract: row })}>
                  {deliveries.accept}
                </Button>
              )}
              {row.state !== 'ended' && (
                <Button look="bare" onClick={() => act({ kind: 'end', contract: row })}>
                  {deliveries.end}
                </Button>
              )}
            </>
          ),
      },
    ],
    [account, act, deliveries, words],
  );
}
