/** What each source says of the hole, package by package, with the versions that are without it. */
import type { AdvisoryPage, AdvisoryRecordInfo } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import type { Column } from '../../ui/column.ts';
import { textColumn } from '../../ui/columns.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { SEVERITIES, SeverityMark } from '../../ui/severity.tsx';
import { Empty } from '../../ui/states.tsx';

const MOST = 200;
const keyOf = (row: AdvisoryRecordInfo): string =>
  `${row.source} ${row.advisory} ${row.ecosystem} ${row.package} ${row.fixedVersions.join(',')}`;
const textOf = (row: AdvisoryRecordInfo): string => `${keyOf(row)} ${row.severity} ${row.status}`;

export function Records({ page }: { page: AdvisoryPage }) {
  const { advisory } = useText();
  const { number } = useFormat();
  return (
    <>
      {page.records.length >= MOST && <p className="above-table quiet">{advisory.cutRecords(number(MOST))}</p>}
      <DataTable
        label={advisory.sources}
        rows={page.records}
        columns={useColumns()}
        keyOf={keyOf}
        textOf={textOf}
        empty={<Empty title={advisory.noRecords} hint={advisory.noRecordsHint} />}
      />
    </>
  );
}

function useColumns(): readonly Column<AdvisoryRecordInfo>[] {
  const { advisory, image, words } = useText();
  return useMemo(
    () => [
      textColumn('package', image.package, (row) => row.package),
      textColumn('ecosystem', advisory.ecosystem, (row) => row.ecosystem, 144),
      {
        id: 'fixed',
        head: image.fixedIn,
        width: 176,
        sort: (row) => row.fixedVersions.join(', '),
        cell: (row) =>
          row.fixedVersions.length > 0 ? (
            <code title={row.fixedVersions.join('\n')}>{row.fixedVersions.join(', ')}</code>
          ) : (
            <span className="quiet">{image.noFix}</span>
          ),
      },
      {
        id: 'severity',
        head: words.severity,
        width: 104,
        sort: (row) => SEVERITIES.indexOf(row.severity),
        cell: (row) => (
          <span title={row.severitySource ?? image.noSeverity}>
            <SeverityMark severity={row.severity} />
          </span>
        ),
      },
      {
        id: 'state',
        head: words.state,
        width: 112,
        sort: (row) => row.status,
        cell: (row) => (row.disputed ? advisory.disputed : image.status[row.status]),
      },
      textColumn('source', image.source, (row) => row.source, 88),
      textColumn('id', advisory.named, (row) => row.advisory, 152),
    ],
    [advisory, image, words],
  );
}
