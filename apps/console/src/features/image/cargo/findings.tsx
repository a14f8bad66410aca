/** What was found: every advisory that affects a package, with its why. */
import type { Finding, ImageStatus } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { Choice } from '../../../ui/choice.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { SEVERITIES } from '../../../ui/severity.tsx';
import { Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { keyOfFinding, useFindingColumns } from './finding-columns.tsx';
import { FindingWhy } from './finding-why.tsx';
import { PlatformChoice, Scanned } from './scanned.tsx';

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
