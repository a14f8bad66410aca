/** Contracts: offered by who gives, accepted by who receives. */
import type { Contract } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { AnsweredTable } from '../../ui/answered-table.tsx';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { actionColumn, momentColumn, textColumn } from '../../ui/columns.tsx';
import { Empty } from '../../ui/states.tsx';
import { type ContractAction, ContractDialog } from './contract-dialog.tsx';
import { useContracts } from './use-deliveries.ts';

const keyOf = (row: Contract): string => row.id;
const textOf = (row: Contract): string =>
  `${row.from} ${row.to} ${row.fromRepositories.join(' ')} ${row.toRepositories.join(' ')}`;

export function Contracts() {
  const { deliveries } = useText();
  const { account, may } = useAccount();
  const [action, setAction] = useState<ContractAction | null>(null);
  const columns = useColumns(account, may('owner') ? setAction : null);
  const empty = (
    <Empty
      title={deliveries.noContracts}
      hint={deliveries.noContractsHint}
      command={`pratique contract offer ${account} --to ACCOUNT`}
    />
  );
  return (
    <>
      <AnsweredTable
        label={deliveries.contracts}
        query={useContracts(account)}
        above={
          <OnlyFor role="owner">
            <Button onClick={() => setAction({ kind: 'offer' })}>{deliveries.offer}</Button>
          </OnlyFor>
        }
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={empty}
      />
      {action && <ContractDialog action={action} onClose={() => setAction(null)} />}
    </>
  );
}

function useColumns(account: string, act: ((action: ContractAction) => void) | null): readonly Column<Contract>[] {
  const { deliveries, words } = useText();
  return useMemo(
    () => [
      textColumn('from', words.from, (row) => `${row.from}: ${row.fromRepositories.join(', ')}`),
      textColumn('to', words.to, (row) => `${row.to}: ${row.toRepositories.join(', ')}`),
      textColumn('state', words.state, (row) => deliveries.contractStates[row.state], 88),
      textColumn(
        'trust',
        deliveries.trust,
        (row) => (row.trustVendor ? deliveries.trusted : deliveries.notTrusted),
        136,
      ),
      momentColumn('when', words.created, (row) => row.createdAt),
      actionColumn(
        words.action,
        152,
        (row) =>
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
      ),
    ],
    [account, act, deliveries, words],
  );
}
