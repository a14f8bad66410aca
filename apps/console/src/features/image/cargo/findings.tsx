/** What was found: every advisory that affects a package, the most urgent first, with its why. */
import type { ImageStatus, RankedFinding } from '@pratique/contract';
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

const textOf = (finding: RankedFinding): string =>
  `${finding.id} ${finding.aliases.join(' ')} ${finding.package.name} ${finding.package.version} ${finding.title ?? ''}`;

export function Findings({ image }: { image: ImageStatus }) {
  const all = useTableState().param('all') !== '';
  return (
    <Scanned image={image} all={all}>
      {(scan) => <FindingTable image={image} findings={scan.findings} />}
    </Scanned>
  );
}

function FindingTable({ image, findings }: { image: ImageStatus; findings: RankedFinding[] }) {
  const { image: text, words, vex } = useText();
  const columns = useFindingColumns(image.account);
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
            <Choice
              name="all"
              label={vex.said}
              options={[
                ['', vex.open],
                ['all', vex.withCleared],
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
