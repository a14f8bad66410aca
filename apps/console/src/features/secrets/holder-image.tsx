/** An image that holds what was found, by its first tag; the address names the digest, since a tag may move. */
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import type { Column } from '../../ui/column.ts';
import { standingOf, VerdictMark } from '../../ui/verdict-mark.tsx';
import { ImageMention } from '../image/image-mention.tsx';

type Holder = {
  repository: string;
  digest: string;
  tags: string[];
  decision: 'allow' | 'deny' | null;
  verdictState: string | null;
};

export function HolderImage({ account, row }: { account: string; row: Holder }) {
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

/** @param heads of the two columns */
export function holderColumns<T extends Holder>(
  account: string,
  heads: { image: string; verdict: string },
): Column<T>[] {
  return [
    { id: 'image', head: heads.image, width: 200, cell: (row) => <HolderImage account={account} row={row} /> },
    {
      id: 'verdict',
      head: heads.verdict,
      width: 88,
      cell: (row) => <VerdictMark standing={standingOf({ decision: row.decision, state: row.verdictState })} />,
    },
  ];
}
