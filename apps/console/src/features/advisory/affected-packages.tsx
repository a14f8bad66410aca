/** Packages of the account that have the hole, each with the comparison that says so. */
import type { AdvisoryPage, AffectedPackage } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { AnsweredPages } from '../../ui/answered-pages.tsx';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { actionColumn, momentColumn, textColumn } from '../../ui/columns.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { SEVERITIES, SeverityMark } from '../../ui/severity.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { PackageMention } from '../packages/package-mention.tsx';
import { PackageWhy } from './package-why.tsx';
import { useAffectedPackages } from './use-advisory.ts';

const keyOf = (row: AffectedPackage): string => `${row.purl} ${row.source} ${row.comparison}`;
const textOf = (row: AffectedPackage): string => `${row.purl} ${row.distribution ?? ''} ${row.fixedVersion ?? ''}`;

export function AffectedPackages({ account, page }: { account: string; page: AdvisoryPage }) {
  const { advisory, holders } = useText();
  const table = useTableState();
  const columns = useColumns(account, (row) => table.set({ why: keyOf(row) }));
  return (
    <AnsweredPages query={useAffectedPackages(account, page.id)} what={advisory.packages} more={holders.more}>
      {(rows) => {
        const open = rows.find((row) => keyOf(row) === table.param('why'));
        return (
          <>
            <DataTable
              label={advisory.packages}
              rows={rows}
              columns={columns}
              keyOf={keyOf}
              textOf={textOf}
              empty={null}
            />
            {open && <PackageWhy page={page} found={open} onClose={() => table.set({ why: '' })} />}
          </>
        );
      }}
    </AnsweredPages>
  );
}

function useColumns(account: string, onWhy: (row: AffectedPackage) => void): readonly Column<AffectedPackage>[] {
  const { advisory, holders, image, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      {
        id: 'package',
        head: image.package,
        sort: (row) => row.name,
        cell: (row) => <PackageMention account={account} of={row} />,
      },
      textColumn('distribution', image.distribution, (row) => row.distribution ?? row.type, 160),
      {
        id: 'installed',
        head: image.installed,
        width: 144,
        sort: (row) => row.version,
        cell: (row) => <code title={row.version}>{row.version}</code>,
      },
      {
        id: 'fixed',
        head: image.fixedIn,
        width: 144,
        sort: (row) => row.fixedVersion ?? '',
        cell: (row) =>
          row.fixedVersion ? (
            <code title={row.fixedVersion}>{row.fixedVersion}</code>
          ) : (
            <span className="quiet">{image.noFix}</span>
          ),
      },
      {
        id: 'severity',
        head: words.severity,
        width: 112,
        sort: (row) => SEVERITIES.indexOf(row.severity),
        cell: (row) => <SeverityMark severity={row.severity} />,
      },
      {
        id: 'images',
        head: holders.images,
        width: 80,
        number: true,
        sort: (row) => row.images,
        cell: (row) => number(row.images),
      },
      momentColumn('seen', advisory.firstSeen, (row) => row.firstSeen),
      actionColumn(words.why, 56, (row) => (
        <Button look="bare" aria-label={`${words.why} ${row.name} ${row.version}`} onClick={() => onWhy(row)}>
          {words.why}
        </Button>
      )),
    ],
    [account, advisory, holders, image, words, number, onWhy],
  );
}
