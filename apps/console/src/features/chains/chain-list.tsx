/** The chains in force, each with its repositories and steps. */
import type { ChainVersion } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { AnsweredTable } from '../../ui/answered-table.tsx';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { Empty } from '../../ui/states.tsx';
import { useChains } from '../image/route/use-chains.ts';
import { NewChainDialog } from './new-chain-dialog.tsx';

const keyOf = (row: ChainVersion): string => row.name;
const textOf = ({ name, definition, createdBy }: ChainVersion): string =>
  [name, createdBy, ...definition.repositories, ...definition.steps.flatMap((step) => [step.name, step.kind])].join(
    ' ',
  );

export function ChainList() {
  const { chains } = useText();
  const { account } = useAccount();
  const query = useChains(account);
  const [making, setMaking] = useState(false);
  return (
    <>
      <AnsweredTable
        query={query}
        label={chains.title}
        columns={useColumns(account)}
        keyOf={keyOf}
        textOf={textOf}
        above={
          <span className="above-chains">
            <span>{chains.lead}</span>
            <OnlyFor role="maintainer">
              <Button look="primary" onClick={() => setMaking(true)}>
                {chains.new}
              </Button>
            </OnlyFor>
          </span>
        }
        empty={
          <Empty title={chains.emptyTitle} hint={chains.emptyHint} command={`pratique chain show ${account} default`} />
        }
      />
      {making && (
        <NewChainDialog taken={(query.data ?? []).map((chain) => chain.name)} onClose={() => setMaking(false)} />
      )}
    </>
  );
}

function useColumns(account: string): readonly Column<ChainVersion>[] {
  const { chains, words } = useText();
  return useMemo(
    () => [
      {
        id: 'name',
        head: words.name,
        width: 144,
        sort: (row) => row.name,
        cell: (row) => <Link to={paths.chain(account, row.name)}>{row.name}</Link>,
      },
      {
        id: 'version',
        head: words.version,
        width: 80,
        number: true,
        sort: (row) => row.version,
        cell: (row) => row.version,
      },
      textColumn('repositories', words.repositories, (row) => row.definition.repositories.join(', '), 176),
      textColumn('steps', chains.steps, (row) => row.definition.steps.map((step) => step.name).join(' · ')),
      textColumn('by', words.actor, (row) => row.createdBy, 120),
      momentColumn('created', words.when, (row) => row.createdAt),
    ],
    [account, chains, words],
  );
}
