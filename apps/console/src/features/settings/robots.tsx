/** Robots: tokens for machines. */
import type { NewRobotAnswer, Robot } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { useAccount } from '../../shell/session.ts';
import { AnsweredTable } from '../../ui/answered-table.tsx';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { actionColumn, momentColumn, textColumn } from '../../ui/columns.tsx';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useNow } from '../../ui/moment.tsx';
import { Empty } from '../../ui/states.tsx';
import { CreateRobotDialog, RevokeRobotDialog } from './robot-dialogs.tsx';
import { useRobots } from './use-settings.ts';

const keyOf = (row: Robot): string => `${row.name} ${row.createdAt}`;
const textOf = (row: Robot): string => `${row.name} ${row.role} ${row.repositories.join(' ')} ${row.createdBy}`;

export function Robots() {
  const { settings } = useText();
  const { account } = useAccount();
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<NewRobotAnswer | null>(null);
  const [revoking, setRevoking] = useState<Robot | null>(null);
  const columns = useColumns(setRevoking);
  const empty = (
    <Empty
      title={settings.noRobots}
      hint={settings.noRobotsHint}
      command={`pratique robot create ${account} ci --role developer --repository "web/**"`}
    />
  );
  return (
    <>
      <AnsweredTable
        label={settings.robots}
        query={useRobots(account)}
        above={
          <OnlyFor role="maintainer">
            <Button onClick={() => setCreating(true)}>{settings.createRobot}</Button>
          </OnlyFor>
        }
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={empty}
      />
      {creating && <CreateRobotDialog onMade={setMade} onClose={() => setCreating(false)} />}
      {made && <Token made={made} onClose={() => setMade(null)} />}
      {revoking && <RevokeRobotDialog robot={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

function Token({ made, onClose }: { made: NewRobotAnswer; onClose: () => void }) {
  const { settings } = useText();
  return (
    <Dialog title={settings.tokenTitle} onClose={onClose}>
      <p>{settings.tokenLead}</p>
      <Command label={settings.token} text={made.token} />
      <Command text={`docker login ${location.host} -u '${made.user}' --password-stdin`} />
    </Dialog>
  );
}

function useColumns(revoke: (robot: Robot) => void): readonly Column<Robot>[] {
  const { settings, words } = useText();
  const now = useNow();
  return useMemo(() => {
    const stateOf = (row: Robot) =>
      row.revokedAt ? 'revoked' : new Date(row.expiresAt).getTime() <= now ? 'expired' : 'active';
    return [
      textColumn('robot', settings.robot, (row) => row.name),
      textColumn('state', words.state, (row) => settings.robotStates[stateOf(row)], 88),
      textColumn('role', words.role, (row) => words.roles[row.role], 112),
      { id: 'repositories', head: words.repositories, cell: (row) => <code>{row.repositories.join(', ')}</code> },
      textColumn('by', settings.createdBy, (row) => row.createdBy, 120),
      momentColumn('expires', words.expires, (row) => row.expiresAt),
      actionColumn(
        words.action,
        96,
        (row) =>
          stateOf(row) === 'active' && (
            <Button look="bare" onClick={() => revoke(row)}>
              {settings.revoke}
            </Button>
          ),
      ),
    ];
  }, [revoke, settings, words, now]);
}
