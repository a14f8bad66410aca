/** What becomes of the findings: brought, remaining, cleared. */
import type { Repair } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { Choice } from '../../ui/choice.tsx';
import type { Column } from '../../ui/column.ts';
import { textColumn } from '../../ui/columns.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { AdvisoryMention } from '../advisory/advisory-mention.tsx';
import { type FindingRow, findingsOf } from './say-repair.ts';

const keyOf = (row: FindingRow): string => `${row.outcome} ${row.id} ${row.package} ${row.version}`;
const SIGNS = { gone: 'succeeded', remaining: 'waiting', new: 'denied' } as const;
const OUTCOMES = ['new', 'remaining', 'gone'] as const;

export function RepairFindings({ account, repair }: { account: string; repair: Repair }) {
  const { repairs } = useText();
  const outcome = useTableState().param('outcome');
  const all = useMemo(() => findingsOf(repair), [repair]);
  const rows = useMemo(() => (outcome === '' ? all : all.filter((row) => row.outcome === outcome)), [all, outcome]);
  return (
    <>
      {!repair.rescanned && all.length > 0 && <p className="above-table">{repairs.promised}</p>}
      <DataTable
        label={repairs.becomes}
        rows={rows}
        columns={useColumns(account)}
        keyOf={keyOf}
        textOf={keyOf}
        empty={<Empty title={repairs.noFindings} />}
        filters={
          <Choice
            name="outcome"
            label={repairs.became}
            options={[['', repairs.anyOutcome], ...OUTCOMES.map((one) => [one, repairs.outcomes[one]] as const)]}
          />
        }
      />
    </>
  );
}

function useColumns(account: string): readonly Column<FindingRow>[] {
  const { repairs, image, words } = useText();
  return useMemo(
    () => [
      {
        id: 'advisory',
        head: image.advisory,
        width: 176,
        sort: (row) => row.id,
        cell: (row) => <AdvisoryMention account={account} id={row.id} />,
      },
      {
        id: 'outcome',
        head: repairs.became,
        width: 136,
        sort: (row) => OUTCOMES.indexOf(row.outcome),
        cell: (row) => (
          <span className="step-mark">
            <StepSign state={SIGNS[row.outcome]} />
            {repairs.outcomes[row.outcome]}
          </span>
        ),
      },
      textColumn('package', image.package, (row) => row.package),
      textColumn('version', words.version, (row) => row.version, 232),
    ],
    [account, repairs, image, words],
  );
}
