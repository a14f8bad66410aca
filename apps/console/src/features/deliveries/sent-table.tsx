/** Deliveries that this account asked for, and how far they are. */
import type { Delivery } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import type { Column } from '../../ui/column.ts';
import { Command, DigestText } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
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
    <Empty title={deliveries.noRequests}>
      <p>{deliveries.noReceiptsHint}</p>
      <Command text={`pratique deliver ${account}/NAME:TAG --to ACCOUNT/NAME:TAG`} />
    </Empty>
  );
  return (
    <Answered query={useSent(account)} what={deliveries.requests}>
      {(rows) => (
        <DataTable
          label={deliveries.requests}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          empty={empty}
        />
      )}
    </Answered>
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
      { id: 'to', head: words.to, sort: (row) => row.to, cell: (row) => `${row.to}:${row.tag}` },
      {
        id: 'state',
        head: words.state,
        width: 128,
        sort: (row) => row.state,
        cell: (row) => (
          <span className="step-mark">
            <StepSign state={SIGNS[row.state]} />
            {deliveries.states[row.state]}
          </span>
        ),
      },
      { id: 'digest', head: words.digest, width: 184, cell: (row) => <DigestText digest={row.digest} /> },
      {
        id: 'by',
        head: deliveries.requestedBy,
        width: 120,
        sort: (row) => row.requestedBy,
        cell: (row) => row.requestedBy,
      },
      {
        id: 'when',
        head: words.when,
        width: 128,
        sort: (row) => row.createdAt,
        cell: (row) => <Moment at={row.deliveredAt ?? row.createdAt} />,
      },
    ],
    [account, deliveries, words],
  );
}
