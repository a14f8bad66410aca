/** Every run of a chain on the image. */
import type { ImageStatus, Run } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { paths } from '../../../format/paths.ts';
import type { Column } from '../../../ui/column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { Answered, Empty } from '../../../ui/states.tsx';
import { StepMark } from '../../../ui/step-mark.tsx';
import { useImageRuns } from '../use-image.ts';

const keyOf = (row: Run): string => row.id;
const textOf = (row: Run): string => `${row.id} ${row.trigger} ${row.requestedBy} ${row.state}`;

export function Runs({ image }: { image: ImageStatus }) {
  const { image: text } = useText();
  const columns = useRunColumns(image.account);
  return (
    <Answered query={useImageRuns(image)} what={text.runs}>
      {(runs) => (
        <DataTable
          label={text.runs}
          rows={runs}
          columns={columns}
          keyOf={keyOf}
          textOf={textOf}
          empty={<Empty title={text.noRun} />}
        />
      )}
    </Answered>
  );
}

function useRunColumns(account: string): readonly Column<Run>[] {
  const { image: text, words } = useText();
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'when',
        head: words.when,
        sort: (row) => row.createdAt,
        cell: (row) => (
          <Link to={paths.run(account, row.id)}>
            <Moment at={row.createdAt} />
          </Link>
        ),
      },
      {
        id: 'state',
        head: words.state,
        width: 120,
        sort: (row) => row.state,
        cell: (row) => <StepMark state={row.state} />,
      },
      {
        id: 'chain',
        head: text.route,
        width: 200,
        sort: (row) => row.chain.name,
        cell: (row) => text.routeOf(row.chain.name, String(row.chain.version)),
      },
      {
        id: 'trigger',
        head: text.trigger,
        width: 144,
        sort: (row) => row.trigger,
        cell: (row) => (text.triggers as Record<string, string>)[row.trigger] ?? row.trigger,
      },
      { id: 'by', head: words.actor, width: 144, sort: (row) => row.requestedBy, cell: (row) => row.requestedBy },
      {
        id: 'took',
        head: text.took,
        width: 104,
        number: true,
        cell: (row) => (row.finishedAt ? format.between(row.createdAt, row.finishedAt) : text.notFinished),
      },
    ],
    [account, text, words, format],
  );
}
