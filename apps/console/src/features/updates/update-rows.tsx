/** The rows behind an update's sums: what was said, and the images, containers and customers that it concerns. */
import type { AdvisoryUpdateDetail } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Choice } from '../../ui/choice.tsx';
import { Section, Tabs, useShown } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { HoldingCustomers } from '../holders/holding-customers.tsx';
import { HoldingImages } from '../holders/holding-images.tsx';
import { HoldingPlacements } from '../holders/holding-placements.tsx';
import { ChangeTable } from './change-table.tsx';
import { useUpdateChanges } from './use-updates.ts';

type Props = { account: string; update: AdvisoryUpdateDetail };
const KEPT = ['kind'];

export function UpdateRows({ account, update }: Props) {
  const { updates, holders } = useText();
  const { number } = useFormat();
  const tabs = [
    { id: 'changes', label: updates.changes, count: number(update.affected + update.cleared + update.changed) },
    { id: 'images', label: holders.images },
    { id: 'containers', label: holders.containers },
    { id: 'customers', label: holders.customers },
  ];
  const shown = useShown(tabs);
  return (
    <Section title={updates.rows}>
      <Tabs tabs={tabs} label={updates.rows} keep={KEPT} />
      {shown === 'changes' ? (
        <Changes account={account} update={update} />
      ) : (
        <Holders shown={shown} account={account} update={update} />
      )}
    </Section>
  );
}

/** Images are either newly affected or newly cleared; changes may be shown all. */
function KindChoice({ all }: { all: boolean }) {
  const { updates } = useText();
  const { affected, cleared, changed } = updates.kinds;
  return (
    <Choice
      name="kind"
      label={updates.change}
      options={
        all
          ? [
              ['', updates.anyChange],
              ['affected', affected],
              ['cleared', cleared],
              ['changed', changed],
            ]
          : [
              ['', affected],
              ['cleared', cleared],
              ['changed', changed],
            ]
      }
    />
  );
}

const KINDS: ReadonlySet<string> = new Set(['affected', 'cleared', 'changed']);

/** What the address asks for; empty where it asks for nothing that there is. */
function useKind(): string {
  const asked = useTableState().param('kind');
  return KINDS.has(asked) ? asked : '';
}

function Changes({ account, update }: Props) {
  const { words } = useText();
  const query = useUpdateChanges(account, String(update.id), useKind());
  return (
    <ChangeTable
      account={account}
      query={query}
      of="update"
      filters={<KindChoice all />}
      empty={<Empty title={words.none} />}
    />
  );
}

function Holders({ shown, account, update }: Props & { shown: string }) {
  const { holders } = useText();
  const asked = {
    account,
    path: ['advisory-updates', String(update.id)],
    query: { kind: useKind() || 'affected' },
    filters: <KindChoice all={false} />,
  };
  if (shown === 'containers')
    return (
      <HoldingPlacements asked={asked} empty={<Empty title={holders.noContainers} hint={holders.noContainersHint} />} />
    );
  if (shown === 'customers') return <HoldingCustomers asked={asked} empty={<Empty title={holders.noCustomers} />} />;
  return <HoldingImages asked={asked} empty={<Empty title={holders.noImages} />} />;
}
