/** Images that hold some packages: their verdict, their tags, where they run, and which of the packages they hold. */
import { HoldingImages as Answer, type HoldingImage } from '@pratique/contract';
import { type ReactNode, useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { DigestText } from '../../ui/copyable.tsx';
import { standingOf, VerdictMark } from '../../ui/verdict-mark.tsx';
import { ImageMention } from '../image/image-mention.tsx';
import { type Asked, HoldingTable } from './holding-table.tsx';

const keyOf = (row: HoldingImage): string => `${row.repository}@${row.digest}`;
const packagesOf = (row: HoldingImage): string => row.packages.map((one) => `${one.name} ${one.version}`).join(', ');
const textOf = (row: HoldingImage): string =>
  `${keyOf(row)} ${row.indexes.join(' ')} ${row.tags.join(' ')} ${packagesOf(row)}`;

/** @param why leads from an image to the reason that it is listed */
export function HoldingImages({
  asked,
  empty,
  why,
}: {
  asked: Asked;
  empty: ReactNode;
  why?: (row: HoldingImage) => ReactNode;
}) {
  const { holders } = useText();
  return (
    <HoldingTable
      asked={asked}
      part="images"
      answer={Answer}
      rowsOf={(page) => page.images}
      label={holders.images}
      columns={useColumns(asked.account, why)}
      keyOf={keyOf}
      textOf={textOf}
      empty={empty}
    />
  );
}

function useColumns(
  account: string,
  why: ((row: HoldingImage) => ReactNode) | undefined,
): readonly Column<HoldingImage>[] {
  const { holders, images, words } = useText();
  const { number } = useFormat();
  return useMemo(
    () => [
      {
        id: 'image',
        head: words.image,
        sort: (row) => `${row.repository} ${row.tags[0] ?? row.digest}`,
        cell: (row) => <Mention account={account} row={row} />,
      },
      {
        id: 'verdict',
        head: images.verdict,
        width: 96,
        sort: (row) => standingOf({ decision: row.decision, state: row.verdictState }),
        cell: (row) => <VerdictMark standing={standingOf({ decision: row.decision, state: row.verdictState })} />,
      },
      textColumn('packages', images.packages, packagesOf, 208),
      {
        id: 'containers',
        head: holders.runs,
        width: 96,
        number: true,
        sort: (row) => row.containers,
        cell: (row) => number(row.containers),
      },
      momentColumn('pushed', words.pushed, (row) => row.pushedAt),
      { id: 'digest', head: words.digest, width: 184, cell: (row) => <DigestText digest={row.digest} /> },
      ...(why ? [{ id: 'why', head: words.why, width: 72, cell: why }] : []),
    ],
    [account, why, holders, images, words, number],
  );
}

/** By its first tag; all that name it on hover. The address names the digest: the tag may mean another image by then. */
function Mention({ account, row }: { account: string; row: HoldingImage }) {
  const { holders } = useText();
  const { number } = useFormat();
  const [first, ...others] = row.tags;
  return (
    <span title={row.tags.join('\n')}>
      <ImageMention
        account={account}
        repository={row.repository}
        reference={row.digest}
        label={first ? `${row.repository}:${first}` : `${row.repository}@${shortDigest(row.digest)}`}
      />
      {others.length > 0 && <span className="quiet"> {holders.moreTags(number(others.length))}</span>}
    </span>
  );
}
