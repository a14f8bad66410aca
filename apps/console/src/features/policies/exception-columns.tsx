/** The columns of the list of exceptions. */
import type { Exception } from '@pratique/contract';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import type { Column } from '../../ui/column.ts';
import { momentColumn, textColumn } from '../../ui/columns.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { coverage } from './coverage.ts';
import { ExceptionState } from './exception-state.tsx';

export function useExceptionColumns(account: string): readonly Column<Exception>[] {
  const { policies, words } = useText();
  return useMemo(
    () => [
      { id: 'name', head: words.name, sort: (row) => row.name, cell: (row) => <OpenLink name={row.name} /> },
      {
        id: 'state',
        head: words.state,
        width: 112,
        sort: (row) => row.state,
        cell: (row) => <ExceptionState state={row.state} />,
      },
      textColumn('kind', words.kind, (row) => (policies.kinds as Record<string, string>)[row.kind] ?? row.kind, 96),
      {
        id: 'covers',
        head: policies.covers,
        sort: (row) => coverage(row, policies),
        cell: (row) => (
          <span title={coverage(row, policies)}>
            <AdvisoryText account={account} text={coverage(row, policies)} />
          </span>
        ),
      },
      { id: 'reason', head: words.reason, cell: (row) => <span title={row.reason}>{row.reason}</span> },
      textColumn('owner', words.owner, (row) => row.owner, 104),
      textColumn('approver', policies.approver, (row) => row.approver, 104),
      momentColumn('expires', words.expires, (row) => row.expiresAt),
    ],
    [account, policies, words],
  );
}

function OpenLink({ name }: { name: string }) {
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('exception', name);
  return (
    <Link to={`?${next}`} preventScrollReset title={name}>
      {name}
    </Link>
  );
}
