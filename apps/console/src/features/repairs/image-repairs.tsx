/** Repairs of the image, previews too, and the one that made it. */
import type { ImageStatus, RepairSummary } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import type { Column } from '../../ui/column.ts';
import { textColumn } from '../../ui/columns.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { OtherImage } from './other-image.tsx';
import { RepairMark } from './repair-mark.tsx';
import { sayRepair } from './say-repair.ts';
import { useImageRepairs } from './use-repairs.ts';

const keyOf = (row: RepairSummary): string => row.id;
const textOf = (row: RepairSummary): string =>
  `${row.id} ${row.tag} ${row.repairedTag} ${row.requestedBy} ${row.error} ${row.state} ${row.mode}`;

export function ImageRepairs({ image }: { image: ImageStatus }) {
  const { repairs } = useText();
  const columns = useColumns(image);
  return (
    <Answered query={useImageRepairs(image)} what={repairs.tab}>
      {(rows) => (
        <DataTable
          label={repairs.tab}
          rows={rows}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          empty={
            <Empty
              title={repairs.none}
              hint={repairs.noneHint}
              command={`pratique repair ${imageName(image.account, image.repository, image.reference)} --dry-run`}
            />
          }
        />
      )}
    </Answered>
  );
}

function useColumns(image: ImageStatus): readonly Column<RepairSummary>[] {
  const { repairs, words } = useText();
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'when',
        head: words.when,
        width: 128,
        sort: (row) => row.createdAt,
        cell: (row) => (
          <Link to={paths.repair(image.account, row.id)}>
            <Moment at={row.createdAt} />
          </Link>
        ),
      },
      textColumn('what', repairs.what, (row) => repairs.modes[row.mode], 88),
      {
        id: 'state',
        head: words.state,
        width: 104,
        sort: (row) => row.state,
        cell: (row) => <RepairMark state={row.state} />,
      },
      {
        id: 'image',
        head: words.image,
        width: 232,
        cell: (row) => <OtherImage account={image.account} repair={row} than={image.digest} />,
      },
      textColumn('outcome', repairs.outcome, (row) => sayRepair(row, repairs, format)),
      textColumn('by', words.actor, (row) => row.requestedBy, 128),
    ],
    [image, repairs, words, format],
  );
}
