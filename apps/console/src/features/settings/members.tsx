/** Members: people with a role in the account. */
import { type Member, ROLES } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { AnsweredTable } from '../../ui/answered-table.tsx';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { actionColumn, momentColumn, textColumn } from '../../ui/columns.tsx';
import { type MemberAction, MemberDialog } from './member-dialog.tsx';
import { useMembers } from './use-settings.ts';

const keyOf = (row: Member): string => row.name;
const textOf = (row: Member): string => `${row.name} ${row.role}`;

export function Members() {
  const { settings } = useText();
  const { account, may } = useAccount();
  const [action, setAction] = useState<MemberAction | null>(null);
  const columns = useColumns(may('owner') ? setAction : null);
  return (
    <>
      <AnsweredTable
        label={settings.members}
        query={useMembers(account)}
        above={
          <OnlyFor role="owner">
            <Button onClick={() => setAction({ kind: 'add' })}>{settings.addMember}</Button>
          </OnlyFor>
        }
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={null}
      />
      {action && <MemberDialog action={action} onClose={() => setAction(null)} />}
    </>
  );
}

function useColumns(act: ((action: MemberAction) => void) | null): readonly Column<Member>[] {
  const { settings, words } = useText();
  return useMemo(
    () => [
      textColumn('member', settings.member, (row) => row.name),
      {
        id: 'role',
        head: words.role,
        width: 160,
        sort: (row) => ROLES.indexOf(row.role),
        cell: (row) => words.roles[row.role],
      },
      momentColumn('since', settings.since, (row) => row.since),
      actionColumn(
        words.action,
        208,
        (row) =>
          act && (
            <>
              <Button look="bare" onClick={() => act({ kind: 'change', member: row })}>
                {settings.changeRole}
              </Button>
              <Button look="bare" onClick={() => act({ kind: 'remove', member: row })}>
                {settings.removeMember}
              </Button>
            </>
          ),
      ),
    ],
    [act, settings, words],
  );
}
