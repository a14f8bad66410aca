/** Every update of the advisories that said something else of what the account holds, the newest first. */
import type { AdvisoryUpdate } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { shellWord } from '../../format/reference.ts';
import { useAccount } from '../../shell/session.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { Command } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { AreaTabs } from '../images/area-tabs.tsx';
import { UpdateLink } from './update-link.tsx';
import { useLatestUpdates, useUpdates } from './use-updates.ts';
import './updates.css';

const keyOf = (row: AdvisoryUpdate): string => String(row.id);
const textOf = (row: AdvisoryUpdate): string => `${row.id} ${row.from ?? ''} ${row.to} ${row.at}`;

export function UpdatesPage() {
  const { account } = useAccount();
  const { updates, words } = useText();
  const { number } = useFormat();
  const columns = useColumns(account);
  const { data: latest } = useLatestUpdates(account);
  const command = `pratique advisories changes ${shellWord(account)}`;
  return (
    <div className="page">
      <AreaTabs account={account} />
      <PageHead title={updates.title} lead={latest && updates.lead(number(latest.keptDays))} />
      <AnsweredPages query={useUpdates(account)} what={updates.title}>
        {(rows) => (
          <DataTable
            label={updates.title}
            rows={rows}
            columns={columns}
            keyOf={keyOf}
            textOf={textOf}
            empty={<Empty title={updates.none} hint={updates.noneHint} command="pratique advisories status" />}
          />
        )}
      </AnsweredPages>
      <div className="below-table">
        <Command label={words.sameInTerminal} text={command} />
      </div>
    </div>
  );
}

function useColumns(account: string): readonly Column<AdvisoryUpdate>[] {
  const { updates, words } = useText();
  const { number } = useFormat();
  return useMemo(() => {
    const count = (
      id: 'affected' | 'cleared' | 'changed' | 'holes' | 'packages',
      head: string,
    ): Column<AdvisoryUpdate> => ({
      id,
      head,
      width: id === 'holes' || id === 'packages' ? 88 : 120,
      number: true,
      sort: (row) => row[id],
      cell: (row) => number(row[id]),
    });
    return [
      {
        id: 'update',
        head: updates.update,
        sort: (row) => row.id,
        cell: (row) => <UpdateLink account={account} update={row.id} />,
      },
      momentColumn('at', words.when, (row) => row.at),
      textColumn('state', words.state, (row) => updates.states[row.state], 176),
      count('affected', updates.kinds.affected),
      count('cleared', updates.kinds.cleared),
      count('changed', updates.kinds.changed),
      count('holes', updates.holes),
      count('packages', updates.packages),
    ];
  }, [account, updates, words, number]);
}
