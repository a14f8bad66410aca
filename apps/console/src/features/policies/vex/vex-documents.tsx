/** VEX documents: which count, which were refused and why, which were taken back. */
import type { VexDocumentInfo } from '@pratique/contract';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { OnlyFor } from '../../../shell/only-for.tsx';
import { useAccount } from '../../../shell/session.ts';
import { Button } from '../../../ui/button.tsx';
import { Choice } from '../../../ui/choice.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Answered, Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { useVexDocuments } from './use-vex.ts';
import { useVexColumns } from './vex-columns.tsx';

const AddDialog = lazy(async () => ({ default: (await import('./add-vex-dialog.tsx')).AddVexDialog }));
const VexDialog = lazy(async () => ({ default: (await import('./vex-dialog.tsx')).VexDialog }));

const STATES = ['in-force', 'refused', 'withdrawn'] as const;
const keyOf = (row: VexDocumentInfo): string => row.id;
const textOf = (row: VexDocumentInfo): string =>
  `${row.document} ${row.author ?? ''} ${row.image?.repository ?? ''} ${row.image?.digest ?? ''} ${row.signer ?? ''} ${row.refused ?? ''} ${row.addedBy}`;

export function VexDocuments() {
  const { vex } = useText();
  const { account } = useAccount();
  const [adding, setAdding] = useState(false);
  return (
    <>
      <p className="above-table">{vex.lead}</p>
      <p className="above-table page-actions">
        <OnlyFor role="maintainer">
          <Button onClick={() => setAdding(true)}>{vex.add}</Button>
        </OnlyFor>
      </p>
      <Answered query={useVexDocuments(account)} what={vex.documents}>
        {(documents) => <Documents account={account} documents={documents} />}
      </Answered>
      {adding && (
        <Suspense fallback={null}>
          <AddDialog account={account} onClose={() => setAdding(false)} />
        </Suspense>
      )}
    </>
  );
}

function Documents({ account, documents }: { account: string; documents: VexDocumentInfo[] }) {
  const { vex, words } = useText();
  const table = useTableState();
  const columns = useVexColumns(
    account,
    documents.some((one) => one.refused !== null),
  );
  const state = table.param('state');
  const rows = useMemo(
    () => (state === '' ? documents : documents.filter((one) => one.state === state)),
    [documents, state],
  );
  const open = documents.find((one) => one.id === table.param('vex'));
  return (
    <>
      <DataTable
        label={vex.documents}
        rows={rows}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={
          documents.length === 0 ? (
            <Empty title={vex.none} hint={vex.noneHint} command={`pratique vex add ${account} FILE`} />
          ) : (
            <Empty title={words.none} />
          )
        }
        filters={
          documents.length > 0 && (
            <Choice
              name="state"
              label={words.state}
              options={[['', vex.anyState], ...STATES.map((one) => [one, vex.states[one]] as const)]}
            />
          )
        }
      />
      {open && (
        <Suspense fallback={null}>
          <VexDialog account={account} of={open} onClose={() => table.set({ vex: '' })} />
        </Suspense>
      )}
    </>
  );
}
