/** What updates said of packages: since when a hole affects one, or affects it no more, or is rated otherwise. */
import type { AdvisoryChangeRow } from '@pratique/contract';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import type { Column } from '../../ui/column.ts';
import { momentColumn } from '../../ui/columns.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { SEVERITIES, SeverityMark } from '../../ui/severity.tsx';
import { AdvisoryMention } from '../advisory/advisory-mention.tsx';
import { PackageMention } from '../packages/package-mention.tsx';
import { sayChange } from './say-change.ts';
import { UpdateLink } from './update-link.tsx';

const keyOf = (row: AdvisoryChangeRow): string => `${row.change} ${row.id} ${row.package.purl} ${row.kind}`;
const textOf = (row: AdvisoryChangeRow): string => `${keyOf(row)} ${row.aliases.join(' ')} ${row.title ?? ''}`;

type Props = {
  account: string;
  query: UseInfiniteQueryResult<InfiniteData<AdvisoryChangeRow[]>>;
  /** What all rows have in common, and no column says. */
  of: 'update' | 'advisory';
  filters?: ReactNode;
  empty: ReactNode;
};

export function ChangeTable({ account, query, of, filters, empty }: Props) {
  const { updates, holders } = useText();
  const columns = useColumns(account, of);
  return (
    <AnsweredPages query={query} what={updates.changes} more={holders.more}>
      {(rows) => (
        <DataTable
          label={updates.changes}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          filters={filters}
          empty={empty}
        />
      )}
    </AnsweredPages>
  );
}

function useColumns(account: string, of: Props['of']): readonly Column<AdvisoryChangeRow>[] {
  const { updates, holders, image, words } = useText();
  const { number } = useFormat();
  return useMemo(() => {
    const advisory: Column<AdvisoryChangeRow> = {
      id: 'advisory',
      head: image.advisory,
      width: 176,
      sort: (row) => row.id,
      cell: (row) => <AdvisoryMention account={account} id={row.id} />,
    };
    const update: Column<AdvisoryChangeRow> = {
      id: 'update',
      head: updates.update,
      width: 112,
      sort: (row) => row.change,
      cell: (row) => <UpdateLink account={account} update={row.change} />,
    };
    return [
      ...(of === 'update' ? [advisory] : [update, momentColumn<AdvisoryChangeRow>('at', words.when, (row) => row.at)]),
      {
        id: 'kind',
        head: updates.change,
        width: 144,
        sort: (row) => row.kind,
        cell: (row) => updates.kinds[row.kind],
      },
      {
        id: 'severity',
        head: words.severity,
        width: 112,
        sort: (row) => SEVERITIES.indexOf((row.after ?? row.before)?.severity ?? 'unknown'),
        cell: (row) => <SeverityMark severity={(row.after ?? row.before)?.severity ?? 'unknown'} />,
      },
      {
        id: 'package',
        head: image.package,
        sort: (row) => row.package.name,
        cell: (row) => (
          <>
            <PackageMention account={account} of={row.package} /> <code>{row.package.version}</code>
          </>
        ),
      },
      {
        id: 'said',
        head: updates.said,
        sort: (row) => sayChange(row, updates, image, words),
        cell: (row) => {
          const said = sayChange(row, updates, image, words);
          return <span title={said}>{said}</span>;
        },
      },
      {
        id: 'images',
        head: holders.images,
        width: 80,
        number: true,
        sort: (row) => row.images,
        cell: (row) => number(row.images),
      },
    ];
  }, [account, of, updates, holders, image, words, number]);
}
