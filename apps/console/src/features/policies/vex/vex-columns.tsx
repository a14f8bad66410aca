/** The columns of the list of VEX documents. */
import type { VexDocumentInfo } from '@pratique/contract';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { shortDigest, shortMiddle } from '../../../format/digest.ts';
import { useFormat } from '../../../format/format.ts';
import type { Column } from '../../../ui/column.ts';
import { momentColumn, textColumn } from '../../../ui/columns.tsx';
import { ImageMention } from '../../image/image-mention.tsx';
import { VexState } from './vex-state.tsx';

const NAME_LENGTH = 36;

/** @param refused some do not count: why is a column of its own */
export function useVexColumns(account: string, refused: boolean): readonly Column<VexDocumentInfo>[] {
  const { vex, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      { id: 'document', head: vex.document, sort: (row) => row.document, cell: (row) => <OpenLink row={row} /> },
      {
        id: 'state',
        head: words.state,
        width: 104,
        sort: (row) => row.state,
        cell: (row) => <VexState state={row.state} />,
      },
      ...(refused ? [textColumn<VexDocumentInfo>('refused', vex.refusedHead, (row) => row.refused, 176)] : []),
      textColumn('author', vex.author, (row) => row.author ?? vex.noAuthor, 112),
      {
        id: 'about',
        head: vex.about,
        width: 168,
        sort: (row) => row.image?.repository ?? '',
        cell: (row) =>
          row.image ? (
            <ImageMention
              account={account}
              repository={row.image.repository}
              reference={row.image.digest}
              label={`${row.image.repository}@${shortDigest(row.image.digest)}`}
            />
          ) : (
            vex.anyImage
          ),
      },
      {
        id: 'statements',
        head: vex.statements,
        width: 88,
        number: true,
        sort: (row) => row.statements,
        cell: (row) => number(row.statements),
      },
      momentColumn('added', vex.added, (row) => row.addedAt),
    ],
    [account, refused, vex, words, number],
  );
}

function OpenLink({ row }: { row: VexDocumentInfo }) {
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('vex', row.id);
  return (
    <Link to={`?${next}`} preventScrollReset title={row.document}>
      {shortMiddle(row.document, NAME_LENGTH)}
    </Link>
  );
}
