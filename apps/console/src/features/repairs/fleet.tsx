/** Images that are built on this one: those first that have not got its repair, each with a way to it. */
import type { Fleet as BuiltOn, BuiltOnImage, ImageStatus } from '@pratique/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/column.ts';
import { Command, useCopy } from '../../ui/copyable.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { standingOf, VerdictMark } from '../../ui/verdict-mark.tsx';
import { HolderImage } from '../secrets/holder-image.tsx';
import { rebaseCommand } from './rebase-command.ts';
import { useFleet } from './use-repairs.ts';
import './repairs.css';

const keyOf = (row: BuiltOnImage): string => `${row.repository}@${row.digest}`;
const textOf = (row: BuiltOnImage): string => `${keyOf(row)} ${row.tags.join(' ')}`;
/** Commands that stand below the table. */
const SHOWN = 10;

export function Fleet({ image }: { image: ImageStatus }) {
  const { repairs } = useText();
  return (
    <Answered query={useFleet(image)} what={repairs.fleet}>
      {(fleet) => <Images image={image} fleet={fleet} />}
    </Answered>
  );
}

function Images({ image, fleet }: { image: ImageStatus; fleet: BuiltOn }) {
  const { repairs } = useText();
  const { number } = useFormat();
  const commandFor = (row: BuiltOnImage): string | null => rebaseCommand(image, row, fleet.repaired);
  const columns = useColumns(image, commandFor);
  const behind = fleet.images.filter((row) => row.isBehind);
  if (fleet.images.length === 0) return <Empty title={repairs.noFleet} hint={repairs.noFleetHint} />;
  const commands = behind.slice(0, SHOWN).flatMap((row) => commandFor(row) ?? []);
  return (
    <>
      <p className="above-table">
        {fleet.repaired
          ? repairs.fleetLead(number(behind.length), number(fleet.images.length))
          : repairs.fleetUnrepaired}{' '}
        {fleet.more && repairs.fleetMore(number(fleet.images.length))}
      </p>
      <DataTable
        label={repairs.fleet}
        rows={fleet.images}
        columns={columns}
        keyOf={keyOf}
        textOf={textOf}
        empty={<Empty title={repairs.noFleet} />}
      />
      {commands.length > 0 && (
        <div className="command-below">
          <Command label={repairs.rebase} text={commands.join('\n')} />
        </div>
      )}
    </>
  );
}

function useColumns(
  { account }: ImageStatus,
  commandFor: (row: BuiltOnImage) => string | null,
): readonly Column<BuiltOnImage>[] {
  const { repairs, images, words } = useText();
  const { may } = useAccount();
  const copy = useCopy();
  return useMemo(
    () => [
      {
        id: 'image',
        head: words.image,
        sort: (row) => `${row.repository} ${row.tags[0] ?? row.digest}`,
        cell: (row) => <HolderImage account={account} row={row} />,
      },
      {
        id: 'verdict',
        head: images.verdict,
        width: 112,
        sort: (row) => standingOf({ decision: row.decision, state: row.verdictState }),
        cell: (row) => <VerdictMark standing={standingOf({ decision: row.decision, state: row.verdictState })} />,
      },
      {
        id: 'stands',
        head: repairs.stands,
        width: 184,
        sort: (row) => Number(!row.isBehind),
        cell: (row) => (
          <span className="step-mark">
            <StepSign state={row.isBehind ? 'waiting' : 'succeeded'} />
            {row.isBehind ? repairs.behind : repairs.current}
          </span>
        ),
      },
      {
        id: 'do',
        head: words.action,
        width: 232,
        cell: (row) => {
          const command = commandFor(row);
          return (
            <span className="fleet-actions">
              {may('developer') && (
                <Link
                  className="button"
                  to={paths.image(account, row.repository, row.tags[0] ?? row.digest, { do: 'repair' })}
                >
                  {repairs.fleetRepair}
                </Link>
              )}
              {row.isBehind && command && <Button onClick={() => copy(command)}>{repairs.rebaseCopy}</Button>}
            </span>
          );
        },
      },
    ],
    [account, commandFor, may, copy, repairs, images, words],
  );
}
