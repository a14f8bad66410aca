/** The columns of lists of packages. */
import type { PackageRow } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import type { Column } from '../../ui/column.ts';
import { textColumn } from '../../ui/columns.tsx';
import { SeverityTally } from '../../ui/severity.tsx';
import { PackageMention } from './package-mention.tsx';

export const keyOfPackage = (row: PackageRow): string =>
  [row.purl, row.distribution ?? '', row.architecture ?? ''].join(' ');

const weigh = ({ findings }: PackageRow): number =>
  (findings.critical * 1e4 + Math.min(findings.high, 9999)) * 1e4 + Math.min(findings.medium + findings.low, 9999);

/** @param isSorted whether rows are sorted here: where all of them are not loaded, that would mislead */
export function usePackageColumns(account: string, isSorted: boolean): readonly Column<PackageRow>[] {
  const { packages: text, images, image, words } = useText();
  const { number } = useFormat();
  return useMemo(() => {
    const all: Column<PackageRow>[] = [
      {
        id: 'package',
        head: image.package,
        sort: (row) => row.name,
        cell: (row) => <PackageMention account={account} of={row} />,
      },
      {
        id: 'version',
        head: words.version,
        width: 184,
        sort: (row) => row.version,
        cell: (row) => <PackageMention account={account} of={row} only />,
      },
      textColumn('type', words.type, (row) => row.type, 72),
      textColumn('distribution', image.distribution, (row) => row.distribution, 208),
      textColumn('architecture', text.architecture, (row) => row.architecture, 72),
      {
        id: 'findings',
        head: images.findings,
        width: 128,
        sort: weigh,
        cell: (row) =>
          // Without a source that answers, no finding is no good news.
          row.covered || weigh(row) > 0 ? (
            <SeverityTally counts={row.findings} />
          ) : (
            <span title={text.noFindingsHint}>{text.notKnown}</span>
          ),
      },
      {
        id: 'fixable',
        head: images.fixable,
        width: 72,
        number: true,
        sort: (row) => row.fixable,
        cell: (row) => (row.fixable === 0 ? '' : number(row.fixable)),
      },
      {
        id: 'images',
        head: images.title,
        width: 72,
        number: true,
        sort: (row) => row.images,
        cell: (row) => (
          <Link
            to={paths.package(account, { type: row.type, name: row.name, purl: row.purl }, { show: 'images' })}
            aria-label={text.imagesOf(number(row.images), `${row.name} ${row.version}`)}
          >
            {number(row.images)}
          </Link>
        ),
      },
    ];
    return isSorted
      ? all
      : all.map(({ id, head, width, number: right, cell }) => ({
          id,
          head,
          cell,
          ...(width ? { width } : {}),
          ...(right ? { number: right } : {}),
        }));
  }, [account, isSorted, text, images, image, words, number]);
}
