/** Images of other registries that clusters asked for, and what was found of each. */
import type { ForeignImage } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useAccount } from '../../../shell/session.ts';
import { Button } from '../../../ui/button.tsx';
import { Choice } from '../../../ui/choice.tsx';
import type { Column } from '../../../ui/column.ts';
import { momentColumn, textColumn } from '../../../ui/columns.tsx';
import { DigestText } from '../../../ui/copyable.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Answered, Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { foreignName } from './foreign-name.ts';
import { ForeignPanel } from './foreign-panel.tsx';
import { ForeignStateMark } from './foreign-state.tsx';
import { useForeignImages } from './use-trust.ts';

const STATES = ['examining', 'trusted', 'refused', 'unreachable'] as const;
const textOf = (row: ForeignImage): string => `${foreignName(row)} ${row.digest ?? ''} ${row.reasons.join(' ')}`;

export function ForeignImages() {
  const { trust } = useText();
  const { account } = useAccount();
  return (
    <Answered query={useForeignImages(account)} what={trust.images}>
      {(images) => <ForeignTable account={account} images={images} />}
    </Answered>
  );
}

function ForeignTable({ account, images }: { account: string; images: ForeignImage[] }) {
  const { trust, words } = useText();
  const table = useTableState();
  const columns = useColumns((foreign) => table.set({ foreign }));
  const state = table.param('found');
  const rows = useMemo(() => (state === '' ? images : images.filter((row) => row.state === state)), [images, state]);
  const open = images.find((row) => foreignName(row) === table.param('foreign'));
  if (images.length === 0)
    return (
      <Empty title={trust.noImages} hint={trust.noImagesHint} command={`pratique trust list-foreign ${account}`} />
    );
  return (
    <>
      <DataTable
        label={trust.images}
        rows={rows}
        columns={columns}
        keyOf={foreignName}
        textOf={textOf}
        empty={<Empty title={words.none} />}
        filters={
          <Choice
            name="found"
            label={words.state}
            options={[['', trust.anyState], ...STATES.map((one) => [one, trust.states[one]] as const)]}
          />
        }
      />
      {open && <ForeignPanel image={open} onClose={() => table.set({ foreign: '' })} />}
    </>
  );
}

function useColumns(open: (name: string) => void): readonly Column<ForeignImage>[] {
  const { trust, words } = useText();
  return useMemo(
    () => [
      {
        id: 'name',
        head: trust.name,
        sort: foreignName,
        cell: (row) => (
          <Button look="bare" title={foreignName(row)} onClick={() => open(foreignName(row))}>
            {foreignName(row)}
          </Button>
        ),
      },
      {
        id: 'state',
        head: words.state,
        width: 136,
        sort: (row) => row.state,
        cell: (row) => <ForeignStateMark state={row.state} />,
      },
      {
        id: 'digest',
        head: words.digest,
        width: 184,
        cell: (row) => (row.digest ? <DigestText digest={row.digest} /> : ''),
      },
      textColumn('reasons', trust.reasons, (row) => row.reasons[0] ?? null),
      momentColumn('examined', trust.examined, (row) => row.examinedAt, trust.notExamined),
      momentColumn('asked', trust.asked, (row) => row.askedAt),
    ],
    [open, trust, words],
  );
}
