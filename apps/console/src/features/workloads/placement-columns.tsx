/** The columns of what runs. */
import type { Placement } from '@pratique/contract';
import { useMemo } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest, shortMiddle } from '../../format/digest.ts';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { ImageMention } from '../image/image-mention.tsx';
import { ownImage } from './own-image.ts';

export function usePlacementColumns(account: string): readonly Column<Placement>[] {
  const { image, workloads, words } = useText();
  return useMemo(
    () => [
      {
        id: 'image',
        head: words.image,
        sort: (row) => row.image,
        cell: (row) => <RunningImage account={account} row={row} />,
      },
      textColumn(
        'workload',
        workloads.workload,
        (row) => row.workload && `${row.workload.kind} ${row.workload.name}`,
        160,
      ),
      textColumn('namespace', image.namespace, (row) => row.namespace, 112),
      textColumn('pod', image.pod, (row) => `${row.pod} / ${row.container}`),
      textColumn(
        'cluster',
        workloads.cluster,
        (row) => (row.isSilent ? `${row.cluster} (${workloads.agentStates.silent})` : row.cluster),
        144,
      ),
      momentColumn('since', image.runningSince, (row) => row.startedAt, image.waits),
    ],
    [account, image, workloads, words],
  );
}

const NAME_LENGTH = 48;

/** A link to its page where it is an image of this account; what runs instead of what is pinned is said. */
function RunningImage({ account, row }: { account: string; row: Placement }) {
  const { workloads } = useText();
  const own = ownImage(row.image, row.digest, { host: location.host, account });
  const [name = row.image] = row.image.split('@');
  return (
    <>
      {own ? (
        <ImageMention
          account={account}
          repository={own.repository}
          reference={own.reference}
          label={shortMiddle(name.slice(location.host.length + 1), NAME_LENGTH)}
        />
      ) : (
        <span title={row.image}>{shortMiddle(name, NAME_LENGTH)}</span>
      )}
      {row.runningDigest && (
        <small title={row.runningDigest}> {workloads.digestRuns(shortDigest(row.runningDigest))}</small>
      )}
    </>
  );
}
