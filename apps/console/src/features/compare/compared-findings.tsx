/** Findings that only one of two images has, each with the way to its why. */
import type { ImageComparison, RankedFinding } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import type { Column } from '../../ui/column.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { SEVERITIES, SeverityMark } from '../../ui/severity.tsx';
import { Empty } from '../../ui/states.tsx';
import { AdvisoryMention } from '../advisory/advisory-mention.tsx';
import { keyOfFinding } from '../image/cargo/finding-columns.tsx';
import { PackageMention } from '../packages/package-mention.tsx';

type Props = { account: string; findings: RankedFinding[]; of: ImageComparison['from']; label: string };
const textOf = (row: RankedFinding): string =>
  `${row.id} ${row.aliases.join(' ')} ${row.package.name} ${row.package.version} ${row.title ?? ''}`;

export function ComparedFindings({ account, findings, of, label }: Props) {
  const { compare } = useText();
  return (
    <DataTable
      label={label}
      rows={findings}
      columns={useColumns(account, of)}
      keyOf={keyOfFinding}
      textOf={textOf}
      empty={<Empty title={compare.noFindings} />}
    />
  );
}

function useColumns(account: string, of: Props['of']): readonly Column<RankedFinding>[] {
  const { image: text, words } = useText();
  return useMemo(
    () => [
      {
        id: 'priority',
        head: text.priority,
        width: 88,
        sort: (row) => -row.priority.score,
        cell: (row) => <strong>{row.priority.score}</strong>,
      },
      {
        id: 'advisory',
        head: text.advisory,
        width: 176,
        sort: (row) => row.id,
        cell: (row) => <AdvisoryMention account={account} id={row.id} />,
      },
      {
        id: 'severity',
        head: words.severity,
        width: 112,
        sort: (row) => SEVERITIES.indexOf(row.severity),
        cell: (row) => <SeverityMark severity={row.severity} />,
      },
      {
        id: 'package',
        head: text.package,
        sort: (row) => row.package.name,
        cell: (row) => <PackageMention account={account} of={row.package} />,
      },
      {
        id: 'version',
        head: words.version,
        width: 176,
        sort: (row) => row.package.version,
        cell: (row) => <code title={row.package.version}>{row.package.version}</code>,
      },
      {
        id: 'fixed',
        head: text.fixedIn,
        width: 176,
        sort: (row) => row.fixedVersion ?? '',
        cell: (row) =>
          row.fixedVersion ? (
            <code title={row.fixedVersion}>{row.fixedVersion}</code>
          ) : (
            <span className="quiet">{text.noFix}</span>
          ),
      },
      {
        id: 'why',
        head: words.why,
        width: 64,
        cell: (row) => (
          <Link
            to={paths.image(account, of.repository, of.reference, { show: 'findings', finding: keyOfFinding(row) })}
          >
            {words.why}
          </Link>
        ),
      },
    ],
    [account, of, text, words],
  );
}
