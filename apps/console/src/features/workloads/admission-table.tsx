/** Admission reviews as a table, each with its why. */
import type { Admission } from '@pratique/contract';
import { type ReactNode, useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { Choice } from '../../ui/choice.tsx';
import type { Column } from '../../ui/column.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Empty } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { AdmissionWhy } from './admission-why.tsx';
import { workloadName } from './workload-name.ts';

const keyOf = (row: Admission): string => String(row.id);
const textOf = (row: Admission): string =>
  `${row.cluster} ${row.kind} ${workloadName(row)} ${row.username ?? ''} ${row.reasons.join(' ')} ${row.images.map((one) => `${one.reference} ${one.digest ?? ''}`).join(' ')}`;

export function AdmissionTable({
  account,
  admissions,
  empty,
}: {
  account: string;
  admissions: Admission[];
  empty: ReactNode;
}) {
  const { workloads, words } = useText();
  const table = useTableState();
  const columns = useColumns();
  const decision = table.param('decision');
  const rows = useMemo(
    () => (decision === '' ? admissions : admissions.filter((row) => row.allowed === (decision === 'allowed'))),
    [admissions, decision],
  );
  const open = admissions.find((row) => String(row.id) === table.param('review'));
  if (admissions.length === 0) return empty;
  return (
    <>
      <DataTable
        label={workloads.admissions}
        rows={rows}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={<Empty title={words.none} />}
        filters={
          <Choice
            name="decision"
            label={words.decision}
            options={[
              ['', workloads.anyDecision],
              ['allowed', words.allowed],
              ['denied', words.denied],
            ]}
          />
        }
      />
      {open && <AdmissionWhy account={account} review={open} onClose={() => table.set({ review: '' })} />}
    </>
  );
}

function useColumns(): readonly Column<Admission>[] {
  const { workloads, words } = useText();
  return useMemo(
    () => [
      {
        id: 'workload',
        head: workloads.workload,
        sort: (row) => workloadName(row),
        cell: (row) => <WhyLink row={row} />,
      },
      {
        id: 'decision',
        head: words.decision,
        width: 112,
        sort: (row) => (row.allowed ? 'b' : 'a'),
        cell: (row) => (
          <span className="step-mark">
            <StepSign state={row.allowed ? 'succeeded' : 'denied'} />
            {row.allowed ? words.allowed : words.denied}
          </span>
        ),
      },
      { id: 'reason', head: words.reason, cell: (row) => <span title={row.reasons.join('\n')}>{row.reasons[0]}</span> },
      { id: 'cluster', head: workloads.cluster, width: 120, sort: (row) => row.cluster, cell: (row) => row.cluster },
      {
        id: 'operation',
        head: workloads.operation,
        width: 96,
        sort: (row) => row.operation,
        cell: (row) => row.operation,
      },
      {
        id: 'by',
        head: workloads.askedBy,
        width: 160,
        sort: (row) => row.username ?? '',
        cell: (row) => <span title={row.username ?? ''}>{row.username}</span>,
      },
      { id: 'when', head: words.when, width: 128, sort: (row) => row.at, cell: (row) => <Moment at={row.at} /> },
    ],
    [workloads, words],
  );
}

function WhyLink({ row }: { row: Admission }) {
  const { workloads } = useText();
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('review', String(row.id));
  return (
    <Link to={`?${next}`} preventScrollReset>
      {workloads.reviewTitle(row.kind, workloadName(row))}
    </Link>
  );
}
