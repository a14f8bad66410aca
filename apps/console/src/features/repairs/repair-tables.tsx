/** The lists of a repair: packages that change, packages that stay, scripts, files that were not as packaged. */
import type { RepairDifference, RepairedPackage, RepairLeft, RepairScript } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import type { Column } from '../../ui/column.ts';
import { textColumn } from '../../ui/columns.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { inOrderOfLeft, type OnPlatform } from './say-repair.ts';

/** Reasons are shown whole; of a longer table only the rows in view are drawn, which have one height. */
const WRAPPED = 60;

type Rows<T> = { rows: readonly OnPlatform<T>[] };
const textOf = (row: object): string => Object.values(row).join(' ');

/** Before the others, where a repair is of several platforms. */
function usePlatformColumn<T>(rows: readonly OnPlatform<T>[]): Column<OnPlatform<T>>[] {
  const { image } = useText();
  return rows.some((row) => row.platform !== '')
    ? [textColumn('platform', image.platform, (row) => row.platform, 128)]
    : [];
}

function versionColumn<T>(id: string, head: string, read: (row: T) => string | null, none: string): Column<T> {
  return {
    id,
    head,
    width: 184,
    sort: (row) => read(row) ?? '',
    cell: (row) => {
      const version = read(row);
      return version === null ? <span className="quiet">{none}</span> : <code title={version}>{version}</code>;
    },
  };
}

export function UpgradedPackages({ rows }: Rows<RepairedPackage>) {
  const { repairs, image, words } = useText();
  const { bytes } = useFormat();
  const platform = usePlatformColumn(rows);
  const columns: Column<OnPlatform<RepairedPackage>>[] = [
    {
      id: 'package',
      head: image.package,
      sort: (row) => row.name,
      cell: (row) => (
        <span title={`${row.name} ${row.architecture}, ${row.source}\n${row.url}\nsha256:${row.sha256}`}>
          {row.name}
          {row.replaces && row.replaces.length > 0 && (
            <span className="quiet"> {repairs.standsFor(row.replaces.map((one) => one.name).join(', '))}</span>
          )}
        </span>
      ),
    },
    ...platform,
    versionColumn('from', repairs.from, (row) => row.from, repairs.added),
    versionColumn('to', repairs.to, (row) => row.to, ''),
    textColumn('suite', repairs.suite, (row) => row.suite, 176),
    textColumn('architecture', repairs.architecture, (row) => row.architecture, 104),
    {
      id: 'size',
      head: words.size,
      width: 96,
      number: true,
      sort: (row) => row.size,
      cell: (row) => bytes(row.size),
    },
  ];
  return (
    <DataTable
      label={repairs.changes}
      rows={rows}
      columns={columns}
      keyOf={(row) => `${row.platform} ${row.name} ${row.architecture}`}
      textOf={textOf}
      empty={<Empty title={repairs.nothing} />}
    />
  );
}

export function LeftPackages({ rows }: Rows<RepairLeft>) {
  const { repairs, image, words } = useText();
  const ordered = useMemo(() => inOrderOfLeft(rows), [rows]);
  const columns: Column<OnPlatform<RepairLeft>>[] = [
    textColumn('package', image.package, (row) => row.name, 152),
    ...usePlatformColumn(rows),
    versionColumn('installed', image.installed, (row) => row.version, ''),
    versionColumn('offered', repairs.offered, (row) => row.candidate, repairs.notOffered),
    textColumn('reason', words.reason, (row) => repairs.reasons[row.reason], 136),
    textColumn('detail', words.detail, (row) => row.detail),
  ];
  return (
    <div className={rows.length <= WRAPPED ? 'wrapping' : ''}>
      <DataTable
        label={repairs.stays}
        rows={ordered}
        columns={columns}
        keyOf={(row) => `${row.platform} ${row.name} ${row.version} ${row.reason}`}
        textOf={textOf}
        empty={<Empty title={repairs.nothingStays} />}
      />
    </div>
  );
}

export function Scripts({ rows }: Rows<RepairScript>) {
  const { repairs, image, words } = useText();
  const columns: Column<OnPlatform<RepairScript>>[] = [
    textColumn('package', image.package, (row) => row.package, 200),
    ...usePlatformColumn(rows),
    textColumn('script', repairs.script, (row) => row.script, 232),
    textColumn('handled', repairs.handledHow, (row) => repairs.handled[row.handled], 200),
    textColumn('detail', words.detail, (row) => row.detail),
  ];
  return (
    <div className={rows.length <= WRAPPED ? 'wrapping' : ''}>
      <DataTable
        label={repairs.scripts}
        rows={rows}
        columns={columns}
        keyOf={(row) => `${row.platform} ${row.package} ${row.script} ${row.handled} ${row.detail}`}
        textOf={textOf}
        empty={<Empty title={repairs.noScripts} />}
      />
    </div>
  );
}

export function Differences({ rows }: Rows<RepairDifference>) {
  const { repairs, image, words } = useText();
  const columns: Column<OnPlatform<RepairDifference>>[] = [
    textColumn('path', words.path, (row) => row.path),
    ...usePlatformColumn(rows),
    textColumn('package', image.package, (row) => row.package, 200),
    textColumn('was', words.state, (row) => repairs.was[row.was], 200),
    textColumn('now', repairs.became, (row) => repairs.becameOf[row.now], 200),
  ];
  return (
    <DataTable
      label={repairs.differences}
      rows={rows}
      columns={columns}
      keyOf={(row) => `${row.platform} ${row.package} ${row.path}`}
      textOf={textOf}
      empty={<Empty title={words.none} />}
    />
  );
}
