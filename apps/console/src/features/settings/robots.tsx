/** Robots: tokens for machines. */
import type { NewRobotAnswer, Robot } from '@pratique/contract';
import { useMemo, useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { Command } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Moment, useNow } from '../../ui/moment.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { CreateRobotDialog, RevokeRobotDialog } from './robot-dialogs.tsx';
import { useRobots } from './use-settings.ts';

const keyOf = (row: Robot): string => `${row.name} ${row.createdAt}`;
const textOf = (row: Robot): string => `${row.name} ${row.role} ${row.repositories.join(' ')} ${row.createdBy}`;

export function Robots() {
  const { settings } = useText();
  const { account, may } = useAccount();
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<NewRobotAnswer | null>(null);
  const [revoking, setRevoking] = useState<Robot | null>(null);
  const columns = useColumns(setRevoking);
  const empty = (
    <Empty title={settings.noRobots}>
      <p>{settings.noRobotsHint}</p>
      <Command text={`pratique robot create ${account} ci --role developer --repository "web/**"`} />
    </Empty>
  );
  return (
    <>
      {may('maintainer') && (
        <p className="above-table">
          <Button onClick={() => setCreating(true)}>{settings.createRobot}</Button>
        </p>
      )}
      <Answered query={useRobots(account)} what={settings.robots}>
        {(rows) => (
          <DataTable
            label={settings.robots}
            rows={rows}
            columns={columns}
            keyOf={keyOf}
            textOf={textOf}
            empty={empty}
          />
        )}
      </Answered>
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
      { id: 'robot', head: settings.robot, sort: (row) => row.name, cell: (row) => row.name },
      { id: 'state', head: words.state, width: 88, sort: stateOf, cell: (row) => settings.robotStates[stateOf(row)] },
      { id: 'role', head: words.role, width: 112, sort: (row) => row.role, cell: (row) => words.roles[row.role] },
      { id: 'repositories', head: words.repositories, cell: (row) => <code>{row.repositories.join(', ')}</code> },
      { id: 'by', head: settings.createdBy, width: 120, sort: (row) => row.createdBy, cell: (row) => row.createdBy },
      {
        id: 'expires',
        head: words.expires,
        width: 128,
        sort: (row) => row.expiresAt,
        cell: (row) => <Moment at={row.expiresAt} />,
      },
      {
        id: 'action',
        head: words.action,
        width: 96,
        cell: (row) =>
          stateOf(row) === 'active' && (
            <Button look="bare" onClick={() => revoke(row)}>
              {settings.revoke}
            </Button>
          ),
      },
    ];
  }, [revoke, settings, words, now]);
}
