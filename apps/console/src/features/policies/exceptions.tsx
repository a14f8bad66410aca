/** Exceptions: who asked, who approved, until when. */
import type { Exception } from '@pratique/contract';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { coverage } from './coverage.ts';
import { useExceptionColumns } from './exception-columns.tsx';
import { ReviewDialog } from './review-dialog.tsx';
import { useExceptions } from './use-policies.ts';

const BreakGlassDialog = lazy(async () => ({ default: (await import('./break-glass-dialog.tsx')).BreakGlassDialog }));
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
  const { policies, words } = useText();
  const { account, may } = useAccount();
  const table = useTableState();
  const [asking, setAsking] = useState(false);
  const [opening, setOpening] = useState(false);
  const kind = table.param('kind');
  const rows = useMemo(
    () => (kind === '' ? exceptions : exceptions.filter((one) => one.kind === kind)),
    [exceptions, kind],
  );
  const columns = useExceptionColumns(account);
  const open = exceptions.find((exception) => exception.name === table.param('exception'));
  const empty = (
    <Empty
      title={policies.noExceptions}
      hint={policies.noExceptionsHint}
      command={`pratique exception request ${account} --id CVE-2026-1234 --package openssl --reason "not reachable: TLS ends at the proxy" --days 30`}
    />
  );
  return (
    <>
      {may('developer') && (
        <p className="above-table page-actions">
          <Button onClick={() => setAsking(true)}>{policies.request}</Button>
          {may('maintainer') && <Button onClick={() => setOpening(true)}>{policies.breakGlassDots}</Button>}
        </p>
      )}
      <DataTable
        label={policies.exceptions}
        rows={rows}
        columns={columns}
        keyOf={keyOf}
        textOf={(row) => `${row.name} ${coverage(row, policies)} ${row.owner} ${row.approver ?? ''} ${row.reason}`}
        empty={exceptions.length === 0 ? empty : <Empty title={words.none} />}
        filters={
          exceptions.length > 0 && (
            <Choice
              name="kind"
              label={words.kind}
              options={[
                ['', policies.anyKind],
                ['finding', policies.kinds.finding],
                ['policy', policies.kinds.policy],
                ['break-glass', policies.kinds['break-glass']],
              ]}
            />
          )
        }
      />
      {open && <ReviewDialog exception={open} onClose={() => table.set({ exception: '' })} />}
      {opening && (
        <Suspense fallback={null}>
          <BreakGlassDialog onClose={() => setOpening(false)} />
        </Suspense>
      )}
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
