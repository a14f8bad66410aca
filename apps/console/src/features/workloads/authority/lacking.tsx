/** Clusters that are not known to trust the newest authority, and what to apply in each. */
import { type AuthorityRotation, patchCommands } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { Button } from '../../../ui/button.tsx';
import type { Column } from '../../../ui/column.ts';
import { actionColumn, textColumn } from '../../../ui/columns.tsx';
import { Command } from '../../../ui/copyable.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Empty } from '../../../ui/states.tsx';

type Row = AuthorityRotation['lacking'][number];
const keyOf = (row: Row): string => `${row.account}/${row.cluster}`;

export function Lacking({ rotation }: { rotation: AuthorityRotation }) {
  const { authority, words } = useText();
  const [shown, setShown] = useState<Row | null>(null);
  const columns = useColumns(setShown);
  return (
    <>
      <DataTable
        label={authority.lacking}
        rows={rotation.lacking}
        columns={columns}
        keyOf={keyOf}
        textOf={keyOf}
        empty={<Empty title={authority.allTrust} />}
      />
      {shown && (
        <Dialog side title={authority.patchTitle(keyOf(shown))} onClose={() => setShown(null)}>
          <p>{authority.patchLead}</p>
          <Command label="kubectl" text={patchCommands(shown.cluster, rotation.bundle)} />
          <Command label={words.sameInTerminal} text={`pratique cluster ca --patch ${keyOf(shown)} | sh`} />
        </Dialog>
      )}
    </>
  );
}

function useColumns(show: (row: Row) => void): readonly Column<Row>[] {
  const { authority, words } = useText();
  return useMemo(
    () => [
      textColumn('cluster', authority.cluster, keyOf, 280),
      textColumn('why', words.why, (row) => authority.reasons[row.why]),
      actionColumn(words.action, 136, (row) => (
        <Button look="bare" onClick={() => show(row)}>
          {authority.patch}
        </Button>
      )),
    ],
    [show, authority, words],
  );
}
