/** Deliveries that this account asked for, and how far they are. */
import type { Delivery } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { AnsweredTable } from '../../ui/answered-table.tsx';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { DigestText } from '../../ui/copyable.tsx';
import { Empty } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { ImageMention } from '../image/image-mention.tsx';
import { useSent } from './use-deliveries.ts';

const SIGNS = { copying: 'running', delivered: 'succeeded', failed: 'failed' } as const;

const keyOf = (row: Delivery): string => row.id;
const textOf = (row: Delivery): string => `${row.from} ${row.to}:${row.tag} ${row.digest} ${row.requestedBy}`;

export function SentTable() {
  const { deliveries } = useText();
  const { account } = useAccount();
  const columns = useColumns(account);
  const empty = (
    <Empty
      title={deliveries.noRequests}
      hint={deliveries.noReceiptsHint}
      command={`pratique deliver ${account}/NAME:TAG --to ACCOUNT/NAME:TAG`}
    />
  );
  return (
    <AnsweredTable
      label={deliveries.requests}
      query={useSent(account)}
      columns={columns}
      keyOf={keyOf}
      textOf={textOf}
      empty={empty}
    />
  );
}

function useColumns(account: string): readonly Column<Delivery>[] {
  const { deliveries, words } = useText();
  return useMemo(
    () => [
      {
        id: 'from',
        head: words.from,
        sort: (row) => row.from,
        cell: (row) => (
          <ImageMention
            account={account}
            repository={row.from.slice(account.length + 1)}
            reference={row.digest}
            label={row.from}
          />
        ),
      },
      textColumn('to', words.to, (row) => `${row.to}:${row.tag}`),
      {
        id: 'state',
        head: words.state,
        width: 128,
        sort: (row) => row.state,
        cell: (row) => (
          <span className="step-mark" title={row.error ?? undefined}>
            <StepSign state={SIGNS[row.state]} />
            {deliveries.states[row.state]}
          </span>
        ),
      },
      { id: 'digest', head: words.digest, width: 184, cell: (row) => <DigestText digest={row.digest} /> },
      textColumn('by', deliveries.requestedBy, (row) => row.requestedBy, 120),
      momentColumn('when', words.when, (row) => row.deliveredAt ?? row.createdAt),
    ],
    [account, deliveries, words],
  );
}
