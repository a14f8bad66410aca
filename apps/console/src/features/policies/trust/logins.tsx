/** Registries that are asked with a user name when their images are examined. */
import type { RegistryCredential } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { OnlyFor } from '../../../shell/only-for.tsx';
import { useAccount } from '../../../shell/session.ts';
import { AnsweredTable } from '../../../ui/answered-table.tsx';
import { Button } from '../../../ui/button.tsx';
import type { Column } from '../../../ui/column.ts';
import { actionColumn, momentColumn, textColumn } from '../../../ui/columns.tsx';
import { Section } from '../../../ui/page.tsx';
import { Empty } from '../../../ui/states.tsx';
import { LoginDialog, RemoveLoginDialog } from './login-dialogs.tsx';
import { useLogins } from './use-logins.ts';

type Action = { kind: 'add' } | { kind: 'replace' | 'remove'; login: RegistryCredential };
const keyOf = (row: RegistryCredential): string => row.host;
const textOf = (row: RegistryCredential): string => `${row.host} ${row.user} ${row.createdBy}`;

export function Logins() {
  const { logins } = useText();
  return (
    <Section title={logins.title}>
      <OnlyFor role="maintainer">
        <LoginTable />
      </OnlyFor>
    </Section>
  );
}

function LoginTable() {
  const { logins } = useText();
  const { account } = useAccount();
  const [action, setAction] = useState<Action | null>(null);
  const columns = useColumns(setAction);
  const done = (): void => setAction(null);
  return (
    <>
      <p className="above-table bundle">
        <span>{logins.lead}</span>
        <Button onClick={() => setAction({ kind: 'add' })}>{logins.add}</Button>
      </p>
      <AnsweredTable
        label={logins.title}
        query={useLogins(account)}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={
          <Empty
            title={logins.none}
            hint={logins.noneHint}
            command={`pratique trust login ${account} ghcr.io --user bot < token.txt`}
          />
        }
      />
      {action && action.kind !== 'remove' && (
        <LoginDialog login={action.kind === 'replace' ? action.login : null} onClose={done} />
      )}
      {action?.kind === 'remove' && <RemoveLoginDialog login={action.login} onClose={done} />}
    </>
  );
}

function useColumns(act: (action: Action) => void): readonly Column<RegistryCredential>[] {
  const { logins, words } = useText();
  return useMemo(
    () => [
      textColumn('registry', logins.registry, (row) => row.host),
      textColumn('user', logins.user, (row) => row.user, 200),
      textColumn('by', logins.by, (row) => row.createdBy, 144),
      momentColumn('since', logins.since, (row) => row.createdAt),
      actionColumn(words.action, 208, (row) => (
        <>
          <Button look="bare" onClick={() => act({ kind: 'replace', login: row })}>
            {logins.replace}
          </Button>
          <Button look="bare" onClick={() => act({ kind: 'remove', login: row })}>
            {words.remove}
          </Button>
        </>
      )),
    ],
    [act, logins, words],
  );
}
