/** The columns of findings across images. */
import type { FindingRow } from '@pratique/contract';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import type { Column } from '../../ui/column.ts';
import { momentColumn } from '../../ui/columns.tsx';
import { SeverityMark } from '../../ui/severity.tsx';
import { AdvisoryMention } from '../advisory/advisory-mention.tsx';
import { oneOf, PackageMention } from '../packages/package-mention.tsx';
import { keyOfRow } from './compare-head.ts';

/** The server sorts; this says that it can. */
const byServer = () => 0;

export function useFindingColumns(account: string): readonly Column<FindingRow>[] {
  const { findings: text, image, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      {
        id: 'priority',
        head: image.priority,
        width: 64,
        sort: byServer,
        cell: (row) => <WhyLink row={row} label={text.whyOf(String(row.priority), row.id)} />,
      },
      {
        id: 'advisory',
        head: image.advisory,
        width: 144,
        cell: (row) => <AdvisoryMention account={account} id={row.id} />,
      },
      {
        id: 'severity',
        head: words.severity,
        width: 92,
        sort: byServer,
        cell: (row) => <SeverityMark severity={row.severity} />,
      },
      {
        id: 'package',
        head: image.package,
        cell: (row) => (
          <span className="pair">
            <PackageMention account={account} of={row.package} />
            <code className="quiet" title={row.package.version}>
              {row.package.version}
            </code>
            <span className="rest quiet">{row.title}</span>
          </span>
        ),
      },
      {
        id: 'fixed',
        head: image.fixedIn,
        width: 136,
        cell: (row) =>
          row.fixedVersion === null ? (
            <span className="quiet">{row.status === 'will-not-fix' ? image.status[row.status] : image.noFix}</span>
          ) : (
            <code title={row.fixedVersion}>{row.fixedVersion}</code>
          ),
      },
      {
        id: 'exploited',
        head: text.exploited,
        width: 72,
        cell: (row) => (row.exploited ? <strong title={image.exploitedLong}>{text.yes}</strong> : ''),
      },
      {
        id: 'images',
        head: text.images,
        width: 64,
        number: true,
        sort: byServer,
        cell: (row) => (
          <Link
            to={paths.package(account, oneOf(row.package), { show: 'images' })}
            aria-label={text.imagesOf(number(row.images), row.package.name)}
          >
            {number(row.images)}
          </Link>
        ),
      },
      {
        id: 'running',
        head: text.running,
        width: 68,
        number: true,
        cell: (row) =>
          row.runningImages === 0 ? (
            ''
          ) : (
            <Link
              to={paths.package(account, oneOf(row.package), { show: 'running' })}
              aria-label={text.runningOf(number(row.runningImages), row.package.name)}
            >
              {number(row.runningImages)}
            </Link>
          ),
      },
      { ...momentColumn<FindingRow>('first-seen', text.firstSeen, (row) => row.firstSeen), width: 104, sort: byServer },
      {
        id: 'excepted',
        head: text.exception,
        width: 76,
        cell: (row) =>
          row.excepted === 'none' ? (
            ''
          ) : (
            <Link to={paths.policies(account, { show: 'exceptions', q: row.id })}>
              {text.exceptedShort[row.excepted]}
            </Link>
          ),
      },
    ],
    [account, text, image, words, number],
  );
}

function WhyLink({ row, label }: { row: FindingRow; label: string }) {
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('why', keyOfRow(row));
  return (
    <Link to={`?${next}`} preventScrollReset aria-label={label}>
      <strong>{row.priority}</strong>
    </Link>
  );
}
