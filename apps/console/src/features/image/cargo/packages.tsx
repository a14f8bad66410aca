/** What is inside: packages with their evidence. */
import type { ImageScan, ImageStatus, ScannedPackage } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { paths } from '../../../format/paths.ts';
import { Choice } from '../../../ui/choice.tsx';
import type { Column } from '../../../ui/column.ts';
import { DigestText } from '../../../ui/copyable.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { PackageMention } from '../../packages/package-mention.tsx';
import { downloadOf } from '../use-image.ts';
import { PlatformChoice, Scanned } from './scanned.tsx';

/** Of these a distribution says what it offers; an empty cell means that it has nothing newer. */
const OF_SYSTEMS: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm']);

const keyOf = (row: ScannedPackage): string => `${row.purl} ${row.paths[0] ?? ''}`;
const textOf = (row: ScannedPackage): string =>
  `${row.name} ${row.version} ${row.purl} ${row.licenses.join(' ')} ${row.paths.join(' ')}`;

export function Packages({ image }: { image: ImageStatus }) {
  return <Scanned image={image}>{(scan) => <PackageTable image={image} scan={scan} />}</Scanned>;
}

function PackageTable({ image, scan }: { image: ImageStatus; scan: ImageScan }) {
  const { image: text, words } = useText();
  const columns = usePackageColumns(image, scan);
  const type = useTableState().param('type');
  const types = useMemo(() => [...new Set(scan.packages.map((one) => one.type))].toSorted(), [scan]);
  const rows = useMemo(
    () => (type === '' ? scan.packages : scan.packages.filter((one) => one.type === type)),
    [scan, type],
  );
  return (
    <>
      <DataTable
        label={text.packages}
        rows={rows}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={<Empty title={text.noPackages} />}
        filters={
          <>
            <Choice
              name="type"
              label={words.type}
              options={[['', words.all], ...types.map((one) => [one, one] as const)]}
            />
            <PlatformChoice image={image} />
            <a className="button" href={downloadOf(image, 'sbom', { format: 'spdx' })}>
              {text.spdx}
            </a>
            <a className="button" href={downloadOf(image, 'sbom', { format: 'cyclonedx' })}>
              {text.cyclonedx}
            </a>
          </>
        }
      />
    </>
  );
}

function usePackageColumns(image: ImageStatus, scan: ImageScan): readonly Column<ScannedPackage>[] {
  const { image: text, words } = useText();
  const { number } = useFormat();
  return useMemo(() => {
    const found = new Map<string, number>();
    for (const finding of scan.findings) found.set(finding.package.purl, (found.get(finding.package.purl) ?? 0) + 1);
    const { account, repository, reference } = image;
    const offers = (scan.candidates ?? [])
      .map((one) => `${one.release} ${one.architecture} ${one.date ?? ''}`)
      .join('\n');
    return [
      {
        id: 'package',
        head: text.package,
        sort: (row) => row.name,
        cell: (row) => <PackageMention account={image.account} of={row} />,
      },
      {
        id: 'version',
        head: words.version,
        width: 200,
        sort: (row) => row.version,
        cell: (row) => <code title={row.version}>{row.version}</code>,
      },
      {
        id: 'newer',
        head: text.newer,
        width: 160,
        sort: (row) => (row.outdated ? (row.candidate ?? '') : ''),
        cell: (row) => {
          if (row.outdated) return <code title={`${row.candidate}\n${offers}`}>{row.candidate}</code>;
          return row.candidate == null && OF_SYSTEMS.has(row.type) ? <span>{text.newerUnknown}</span> : '';
        },
      },
      { id: 'type', head: words.type, width: 80, sort: (row) => row.type, cell: (row) => row.type },
      {
        id: 'findings',
        head: text.findings,
        width: 80,
        number: true,
        sort: (row) => found.get(row.purl) ?? 0,
        cell: (row) => {
          const count = found.get(row.purl) ?? 0;
          return count === 0 ? (
            ''
          ) : (
            <Link to={paths.image(account, repository, reference, { show: 'findings', q: row.name })}>
              {number(count)}
            </Link>
          );
        },
      },
      {
        id: 'license',
        head: text.license,
        width: 128,
        sort: (row) => row.licenses.join(', '),
        cell: (row) => <span title={row.licenses.join(', ')}>{row.licenses.join(', ')}</span>,
      },
      {
        id: 'path',
        head: words.path,
        width: 208,
        sort: (row) => row.paths[0] ?? '',
        cell: (row) => <code title={row.paths.join('\n')}>{row.paths[0]}</code>,
      },
      {
        id: 'layer',
        head: text.layer,
        width: 184,
        sort: (row) => row.layer ?? '',
        cell: (row) => (row.layer ? <DigestText digest={row.layer} /> : ''),
      },
    ];
  }, [image, scan, text, words, number]);
}
