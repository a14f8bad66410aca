/** The columns of the findings. */
import type { Finding, RankedFinding } from '@pratique/contract';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import type { Column } from '../../../ui/column.ts';
import { SEVERITIES, SeverityMark } from '../../../ui/severity.tsx';
import { AdvisoryMention } from '../../advisory/advisory-mention.tsx';
import { PackageMention } from '../../packages/package-mention.tsx';
import { justificationIn } from '../../policies/vex/justification.ts';

/** A finding within one image: the advisory and the package that it affects. */
export const keyOfFinding = (finding: Finding): string => `${finding.id} ${finding.package.purl}`;

export function useFindingColumns(account: string): readonly Column<RankedFinding>[] {
  const { image: text, words } = useText();
  return useMemo(
    () => [
      {
        id: 'priority',
        head: text.priority,
        width: 72,
        // The most urgent first when it is first sorted by.
        sort: (row) => -row.priority.score,
        cell: (row) => <strong>{row.priority.score}</strong>,
      },
      {
        id: 'advisory',
        head: text.advisory,
        width: 152,
        sort: (row) => row.id,
        cell: (row) => <AdvisoryMention account={account} id={row.id} />,
      },
      {
        id: 'severity',
        head: words.severity,
        width: 104,
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
        id: 'installed',
        head: text.installed,
        width: 136,
        sort: (row) => row.package.version,
        cell: (row) => <code title={row.package.version}>{row.package.version}</code>,
      },
      {
        id: 'fixed',
        head: text.fixedIn,
        width: 136,
        sort: (row) => row.fixedVersion ?? '',
        cell: (row) =>
          row.fixedVersion ? (
            <code title={row.fixedVersion}>{row.fixedVersion}</code>
          ) : (
            <span className="quiet">{text.noFix}</span>
          ),
      },
      {
        id: 'state',
        head: words.state,
        width: 120,
        sort: (row) => (row.vex ? row.vex.status : row.exploited ? ' ' : row.status),
        cell: (row) => <FindingState finding={row} />,
      },
      {
        id: 'source',
        head: text.source,
        width: 72,
        sort: (row) => row.evidence.source,
        cell: (row) => row.evidence.source,
      },
      { id: 'why', head: words.why, width: 56, cell: (row) => <WhyLink finding={row} /> },
    ],
    [account, text, words],
  );
}

/** What somebody states of it goes before what the source says: it is about this product. */
function FindingState({ finding }: { finding: Finding }) {
  const { image: text, vex } = useText();
  if (finding.vex) {
    const { status, author, justification, statement } = finding.vex;
    const why = [justificationIn(justification, vex), statement].filter(Boolean).join('. ') || vex.noJustification;
    return <span title={`${author ?? vex.noAuthor}: ${why}`}>VEX: {vex.statuses[status]}</span>;
  }
  return finding.exploited ? <strong title={text.exploitedLong}>{text.exploited}</strong> : text.status[finding.status];
}

function WhyLink({ finding }: { finding: Finding }) {
  const { words } = useText();
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('finding', keyOfFinding(finding));
  return (
    <Link to={`?${next}`} preventScrollReset aria-label={`${words.why} ${finding.id} ${finding.package.name}`}>
      {words.why}
    </Link>
  );
}
