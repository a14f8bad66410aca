/** The columns of the list of exceptions, and what one covers in words. */
import { type Exception, FindingSelector, PolicySelector } from '@pratique/contract';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import type { Column } from '../../ui/column.ts';
import { Moment } from '../../ui/moment.tsx';
import { StepSign } from '../../ui/step-mark.tsx';

/** `CVE-2026-1234 in openssl, web/**`; the selector as it is where it is of another kind. */
export function coverage(
  exception: Pick<Exception, 'kind' | 'selector'>,
  write: (id: string, where: string) => string,
): string {
  const finding = FindingSelector.safeParse(exception.selector);
  if (exception.kind === 'finding' && finding.success) {
    const { id, package: name, repositories } = finding.data;
    return write(id, [name, ...repositories].filter(Boolean).join(', '));
  }
  const policy = PolicySelector.safeParse(exception.selector);
  return policy.success
    ? write(policy.data.constraint, policy.data.repositories.join(', '))
    : JSON.stringify(exception.selector);
}

const SIGNS = {
  requested: 'waiting',
  active: 'succeeded',
  expired: 'skipped',
  withdrawn: 'skipped',
  rejected: 'denied',
} as const;

export function ExceptionState({ state }: { state: Exception['state'] }) {
  const { policies } = useText();
  return (
    <span className="step-mark">
      <StepSign state={SIGNS[state]} />
      {policies.states[state]}
    </span>
  );
}

export function useExceptionColumns(): readonly Column<Exception>[] {
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
      {
        id: 'covers',
        head: policies.covers,
        sort: (row) => coverage(row, policies.coversFinding),
        cell: (row) => <Covered row={row} />,
      },
      { id: 'reason', head: words.reason, cell: (row) => <span title={row.reason}>{row.reason}</span> },
      { id: 'owner', head: words.owner, width: 104, sort: (row) => row.owner, cell: (row) => row.owner },
      {
        id: 'approver',
        head: policies.approver,
        width: 104,
        sort: (row) => row.approver ?? '',
        cell: (row) => row.approver,
      },
      {
        id: 'expires',
        head: words.expires,
        width: 112,
        sort: (row) => row.expiresAt,
        cell: (row) => <Moment at={row.expiresAt} />,
      },
    ],
    [policies, words],
  );
}

function Covered({ row }: { row: Exception }) {
  const { policies } = useText();
  const text = coverage(row, policies.coversFinding);
  return <span title={text}>{text}</span>;
}

function OpenLink({ name }: { name: string }) {
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  next.set('exception', name);
  return (
    <Link to={`?${next}`} preventScrollReset>
      {name}
    </Link>
  );
}
