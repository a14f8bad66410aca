/** Members: people with a role in the account. */
import { type Member, ROLES } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Answered } from '../../ui/states.tsx';
import { type MemberAction, MemberDialog } from './member-dialog.tsx';
import { useMembers } from './use-settings.ts';

const keyOf = (row: Member): string => row.name;
const textOf = (row: Member): string => `${row.name} ${row.role}`;

export function Members() {
  const { settings, states, words } = useText();
  const { account, may } = useAccount();
  const [action, setAction] = useState<MemberAction | null>(null);
  const columns = useColumns(may('owner') ? setAction : null);
  return (
    <>
      <p className="above-table">
        {may('owner') ? (
          <Button onClick={() => setAction({ kind: 'add' })}>{settings.addMember}</Button>
        ) : (
          <span className="quiet">{states.needsRole(words.roles.owner, account)}</span>
        )}
      </p>
      <Answered query={useMembers(account)} what={settings.members}>
        {(rows) => (
          <DataTable
            label={settings.members}
            rows={rows}
            columns={columns}
            keyOf={keyOf}
            textOf={textOf}
            empty={null}
          />
        )}
      </Answered>
      {action && <MemberDialog action={action} onClose={() => setAction(null)} />}
    </>
  );
}

function useColumns(act: ((action: MemberAction) => void) | null): readonly Column<Member>[] {
  const { settings, words } = useText();
  return useMemo(
    () => [
      { id: 'member', head: settings.member, sort: (row) => row.name, cell: (row) => row.name },
      {
        id: 'role',
        head: words.role,
        width: 160,
        sort: (row) => ROLES.indexOf(row.role),
        cell: (row) => words.roles[row.role],
      },
      {
        id: 'since',
        head: settings.since,
        width: 160,
        sort: (row) => row.since,
        cell: (row) => <Moment at={row.since} />,
      },
      {
        id: 'action',
        head: words.action,
        width: 208,
        cell: (row) =>
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
      },
    ],
    [act, settings, words],
  );
}
