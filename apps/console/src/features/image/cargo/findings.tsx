/** What was found: every advisory that affects a package, with its why. */
import type { Finding, ImageStatus } from '@pratique/contract';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { Choice } from '../../../ui/choice.tsx';
import type { Column } from '../../../ui/column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { SEVERITIES, SeverityMark } from '../../../ui/severity.tsx';
import { Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { FindingWhy } from './finding-why.tsx';
import { PlatformChoice, Scanned } from './scanned.tsx';

export const keyOfFinding = (finding: Finding): string => `${finding.id} ${finding.package.purl}`;
const textOf = (finding: Finding): string =>
  `${finding.id} ${finding.aliases.join(' ')} ${finding.package.name} ${finding.package.version} ${finding.title ?? ''}`;

export function Findings({ image }: { image: ImageStatus }) {
  return (
    <Scanned image={image}>{(scan) => <FindingTable image={image} findings={worstFirst(scan.findings)} />}</Scanned>
  );
}

/** Known to be exploited, then by severity; within these, the order of the server. One array for one answer, so that tables need not begin anew. */
function worstFirst(findings: Finding[]): Finding[] {
  const known = sorted.get(findings);
  if (known) return known;
  const weight = (finding: Finding): number => (finding.exploited ? 0 : 10) + SEVERITIES.indexOf(finding.severity);
  const made = findings.toSorted((a, b) => weight(a) - weight(b));
  sorted.set(findings, made);
  return made;
}
const sorted = new WeakMap<Finding[], Finding[]>();

function FindingTable({ image, findings }: { image: ImageStatus; findings: Finding[] }) {
  const { image: text, words } = useText();
  const columns = useFindingColumns();
  const table = useTableState();
  const severity = table.param('severity');
  const fix = table.param('fix');
  const rows = useMemo(
    () =>
      findings.filter(
        (finding) =>
          (severity === '' || finding.severity === severity) &&
          (fix === '' ||
            (fix === 'exploited' ? finding.exploited : (finding.fixedVersion !== null) === (fix === 'with'))),
      ),
    [findings, severity, fix],
  );
  const asked = table.param('finding');
  const open = asked === '' ? undefined : findings.find((finding) => keyOfFinding(finding) === asked);
  return (
    <>
      <DataTable
        label={text.findings}
        rows={rows}
        columns={columns}
        keyOf={keyOfFinding}
        textOf={textOf}
        empty={<Empty title={findings.length === 0 ? text.noFindings : words.none} />}
        filters={
          <>
            <Choice
              name="severity"
              label={words.severity}
              options={[['', text.anySeverity], ...SEVERITIES.map((one) => [one, words.severities[one]] as const)]}
            />
            <Choice
              name="fix"
              label={text.fixedIn}
              options={[
                ['', text.anyFix],
                ['with', text.withFix],
                ['without', text.withoutFix],
                ['exploited', text.onlyExploited],
              ]}
            />
            <PlatformChoice image={image} />
          </>
        }
      />
      {open && <FindingWhy image={image} finding={open} onClose={() => table.set({ finding: '' })} />}
    </>
  );
}

function useFindingColumns(): readonly Column<Finding>[] {
  const { image: text, words } = useText();
  return useMemo(
    () => [
      {
        id: 'advisory',
        head: text.advisory,
        width: 176,
        sort: (row) => row.id,
        cell: (row) => <WhyLink finding={row} />,
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
        cell: (row) => <span title={row.package.purl}>{row.package.name}</span>,
      },
      {
        id: 'installed',
        head: text.installed,
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
        id: 'state',
        head: words.state,
        width: 120,
        sort: (row) => (row.exploited ? ' ' : row.status),
        cell: (row) =>
          row.exploited ? <strong title={text.exploitedLong}>{text.exploited}</strong> : text.status[row.status],
      },
      {
        id: 'source',
        head: text.source,
        width: 96,
        sort: (row) => row.evidence.source,
        cell: (row) => row.evidence.source,
      },
    ],
    [text, words],
  );
}

function WhyLink({ finding }: { finding: Finding }) {
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('finding', keyOfFinding(finding));
  return (
    <Link to={`?${next}`} preventScrollReset>
      {finding.id}
    </Link>
  );
}
