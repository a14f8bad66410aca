/** Exceptions: who asked, who approved, until when. */
import type { Exception } from '@pratique/contract';
import { lazy, Suspense, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { coverage, useExceptionColumns } from './exception-columns.tsx';
import { ReviewDialog } from './review-dialog.tsx';
import { useExceptions } from './use-policies.ts';

const ExceptionDialog = lazy(async () => ({ default: (await import('./exception-dialog.tsx')).ExceptionDialog }));

export function Exceptions() {
  const { policies } = useText();
  const { account } = useAccount();
  return (
    <Answered query={useExceptions(account)} what={policies.exceptions}>
      {(exceptions) => <ExceptionTable exceptions={exceptions} />}
    </Answered>
  );
}

const keyOf = (row: Exception): string => row.name;

function ExceptionTable({ exceptions }: { exceptions: Exception[] }) {
  const { policies } = useText();
  const { account, may } = useAccount();
  const table = useTableState();
  const [asking, setAsking] = useState(false);
  const columns = useExceptionColumns();
  const open = exceptions.find((exception) => exception.name === table.param('exception'));
  const empty = (
    <Empty title={policies.noExceptions}>
      <p>{policies.noExceptionsHint}</p>
      <Command
        text={`pratique exception request ${account} --id CVE-2026-1234 --package openssl --reason "not reachable: TLS ends at the proxy" --days 30`}
      />
    </Empty>
  );
  return (
    <>
      {may('developer') && (
        <p className="above-table">
          <Button onClick={() => setAsking(true)}>{policies.request}</Button>
        </p>
      )}
      <DataTable
        label={policies.exceptions}
        rows={exceptions}
        columns={columns}
        keyOf={keyOf}
        textOf={(row) =>
          `${row.name} ${coverage(row, policies.coversFinding)} ${row.owner} ${row.approver ?? ''} ${row.reason}`
        }
        empty={empty}
      />
      {open && <ReviewDialog exception={open} onClose={() => table.set({ exception: '' })} />}
      {asking && (
        <Suspense fallback={null}>
          <ExceptionDialog
            account={account}
            subject={{ kind: 'finding', about: '', package: '', repository: '**' }}
            onClose={() => setAsking(false)}
          />
        </Suspense>
      )}
    </>
  );
}
