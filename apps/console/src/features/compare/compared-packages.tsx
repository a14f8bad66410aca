/** Packages that only one of two images has, or that have another version. */
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { Choice } from '../../ui/choice.tsx';
import type { Column } from '../../ui/column.ts';
import { textColumn } from '../../ui/columns.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import type { PackageChange } from './say-comparison.ts';

const KINDS = ['added', 'removed', 'changed', 'downgraded'] as const;
const keyOf = (row: PackageChange): string => `${row.kind} ${row.type} ${row.name} ${row.from ?? ''} ${row.to ?? ''}`;

export function ComparedPackages({ changes }: { changes: PackageChange[] }) {
  const { compare, words } = useText();
  const kind = useTableState().param('kind');
  const rows = useMemo(() => (kind === '' ? changes : changes.filter((row) => row.kind === kind)), [changes, kind]);
  return (
    <DataTable
      label={compare.packages}
      rows={rows}
      columns={useColumns()}
      keyOf={keyOf}
      textOf={keyOf}
      empty={<Empty title={changes.length === 0 ? compare.samePackages : words.none} />}
      filters={
        changes.length > 0 && (
          <Choice
            name="kind"
            label={compare.change}
            options={[['', compare.anyChange], ...KINDS.map((one) => [one, compare.kinds[one]] as const)]}
          />
        )
      }
    />
  );
}

function useColumns(): readonly Column<PackageChange>[] {
  const { compare, image, words } = useText();
  return useMemo(() => {
    const version = (id: 'from' | 'to', head: string): Column<PackageChange> => ({
      id,
      head,
      width: 232,
      sort: (row) => row[id] ?? '',
      cell: (row) => <code title={row[id] ?? undefined}>{row[id]}</code>,
    });
    return [
      textColumn('package', image.package, (row) => row.name),
      textColumn('type', words.type, (row) => row.type, 88),
      textColumn('change', compare.change, (row) => compare.kinds[row.kind], 144),
      version('from', compare.first),
      version('to', compare.second),
    ];
  }, [compare, image, words]);
}
