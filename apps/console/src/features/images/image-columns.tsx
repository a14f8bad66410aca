/** The columns of the list of images. */
import type { ImageRow } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import type { Column } from '../../ui/column.ts';
import { DigestText } from '../../ui/copyable.tsx';
import { Moment } from '../../ui/moment.tsx';
import { SEVERITIES, SeverityTally } from '../../ui/severity.tsx';
import { StepMark } from '../../ui/step-mark.tsx';
import { standingOf, VerdictMark } from '../../ui/verdict-mark.tsx';
import { ImageMention } from '../image/image-mention.tsx';

/** Critical weighs most; images that were not scanned come first when sorted upwards. */
function weight(row: ImageRow): number {
  if (!row.findings) return -1;
  const { findings } = row;
  return SEVERITIES.reduce((sum, severity) => sum * 1e4 + Math.min(findings[severity], 9999), 0);
}

export function useImageColumns(account: string): readonly Column<ImageRow>[] {
  const { words, images } = useText();
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'image',
        head: words.image,
        sort: (row) => `${row.repository}:${row.tag}`,
        cell: (row) => <ImageMention account={account} repository={row.repository} reference={row.tag} />,
      },
      {
        id: 'verdict',
        head: images.verdict,
        width: 96,
        sort: (row) => standingOf({ decision: row.decision, state: row.verdictState }),
        cell: (row) => <VerdictMark standing={standingOf({ decision: row.decision, state: row.verdictState })} />,
      },
      {
        id: 'chain',
        head: images.chain,
        width: 104,
        sort: (row) => row.chainState,
        cell: (row) => <StepMark state={row.chainState} />,
      },
      {
        id: 'findings',
        head: images.findings,
        width: 136,
        sort: weight,
        cell: (row) => <SeverityTally counts={row.findings} />,
      },
      {
        id: 'fixable',
        head: images.fixable,
        width: 88,
        number: true,
        sort: (row) => row.fixable ?? -1,
        cell: (row) => (row.fixable === null ? '' : format.number(row.fixable)),
      },
      {
        id: 'size',
        head: words.size,
        width: 80,
        number: true,
        sort: (row) => row.size,
        cell: (row) => format.bytes(row.size),
      },
      {
        id: 'pushed',
        head: words.pushed,
        width: 120,
        sort: (row) => row.pushedAt,
        cell: (row) => <Moment at={row.pushedAt} />,
      },
      { id: 'digest', head: words.digest, width: 184, cell: (row) => <DigestText digest={row.digest} /> },
    ],
    [account, words, images, format],
  );
}
