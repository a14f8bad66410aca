/** What comes after a repair or its preview: do it, choose otherwise, compare, look at the run that judges. */
import type { Repair, RepairTagging } from '@pratique/contract';
import { Link, useNavigate } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { OnlyFor } from '../../shell/only-for.tsx';
import { Button } from '../../ui/button.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import type { useAskRepair } from './use-repairs.ts';

type Props = { account: string; repair: Repair; ask: ReturnType<typeof useAskRepair> };

export function RepairActions({ account, repair, ask }: Props) {
  const { repairs } = useText();
  const { repository, digest, tag, repaired } = repair;
  const isPreview = repair.mode === 'preview';
  const isMade = !isPreview && repaired !== null;
  return (
    <>
      {((isPreview && repair.finishedAt !== null) || repair.state === 'failed') && (
        <Link className="button" to={paths.image(account, repository, tag ?? digest, { do: 'repair' })}>
          {repairs.otherwise}
        </Link>
      )}
      {isPreview && repair.state === 'done' && repaired !== null && (
        <RepairNow account={account} repair={repair} ask={ask} />
      )}
      {isMade && repair.childRun && (
        <Link className="button" to={paths.run(account, repair.childRun)}>
          {repairs.toRun}
        </Link>
      )}
      {isMade && (
        <Link
          className="button"
          to={paths.compare(account, { repository, reference: digest }, { repository, reference: repaired })}
        >
          {repairs.compare}
        </Link>
      )}
    </>
  );
}

/** By what the preview was asked for; what it does not keep is in the address. */
function RepairNow({ account, repair, ask }: Props) {
  const { repairs } = useText();
  const navigate = useNavigate();
  const table = useTableState();
  const tagging: RepairTagging = table.param('tagging') === 'move' ? 'move' : 'suffix';
  const start = table.param('start');
  const { repository, tag, digest, scope } = repair;
  return (
    <OnlyFor role="developer">
      <Button
        look="primary"
        disabled={ask.isPending}
        onClick={() =>
          ask.mutate(
            {
              repository,
              reference: tag ?? digest,
              mode: 'repair',
              scope,
              tagging,
              smokeStart: start !== '',
            },
            { onSuccess: ({ id }) => void navigate(paths.repair(account, id, { start })) },
          )
        }
      >
        {repairs.now}
      </Button>
    </OnlyFor>
  );
}
