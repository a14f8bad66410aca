/** All findings of the account's images: what to look at first, and which upgrades clear most. */
import type { FindingFacets } from '@pratique/contract';
import { lazy, Suspense, useMemo } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/copyable.tsx';
import { PageHead, Tabs, useShown } from '../../ui/page.tsx';
import { Empty, Failure, SkeletonRows } from '../../ui/states.tsx';
import { useTableState } from '../../ui/use-table-state.ts';
import { AreaTabs } from '../images/area-tabs.tsx';
import { Facets } from './facets.tsx';
import { FindingsTable } from './findings-table.tsx';
import { CHOICES, commandOf, type Narrowed, readNarrowed, readSort } from './narrow.ts';
import { Unknown } from './unknown.tsx';
import { useFacets } from './use-findings.ts';

const Upgrades = lazy(async () => ({ default: (await import('./upgrades.tsx')).Upgrades }));
const KEPT = ['q', 'repository', ...CHOICES];

export function FindingsPage() {
  const { account } = useAccount();
  const { findings: text, words } = useText();
  const table = useTableState();
  const asked = useMemo(() => readNarrowed(table.q, table.param), [table]);
  const facets = useFacets(account, asked, false);
  const tabs = [
    { id: 'list', label: text.list },
    { id: 'upgrades', label: text.upgrades },
  ];
  const shown = useShown(tabs);
  const sort = readSort(table.sort?.column);
  return (
    <div className="page wide">
      <AreaTabs account={account} />
      <PageHead title={text.title} lead={<Lead facets={facets.data} narrowed={Object.keys(asked).length > 0} />} />
      {facets.error && !facets.data && <Failure error={facets.error} retry={() => void facets.refetch()} />}
      {facets.data && <Unknown account={account} unknown={facets.data.unknown} />}
      <Tabs tabs={tabs} label={text.title} keep={KEPT} />
      <Facets account={account} asked={asked} facets={facets.data} />
      {shown === 'upgrades' ? (
        <Suspense fallback={<SkeletonRows rows={12} />}>
          <Upgrades account={account} asked={asked} />
        </Suspense>
      ) : (
        <FindingsTable
          account={account}
          asked={asked}
          total={facets.data?.total ?? null}
          empty={<NoFindings account={account} asked={asked} facets={facets.data} />}
        />
      )}
      <div className="command-below">
        <Command
          label={words.sameInTerminal}
          text={commandOf(account, asked, { sort, upgrades: shown === 'upgrades' })}
        />
      </div>
    </div>
  );
}

/** The state in a sentence: how much, how much of it is urgent, how much can be done about it. */
function Lead({ facets, narrowed }: { facets: FindingFacets | undefined; narrowed: boolean }) {
  const { findings: text } = useText();
  const { number } = useFormat();
  if (!facets) return text.counting;
  if (narrowed) return text.leadNarrowed(number(facets.total));
  const yes = (of: 'fixable' | 'exploited' | 'running') => facets[of].find((one) => one.value === 'true')?.count ?? 0;
  return text.lead(number(facets.total), number(yes('exploited')), number(yes('running')), number(yes('fixable')));
}

function NoFindings({
  account,
  asked,
  facets,
}: {
  account: string;
  asked: Narrowed;
  facets: FindingFacets | undefined;
}) {
  const { findings: text, states } = useText();
  const table = useTableState();
  if (Object.keys(asked).length > 0)
    return (
      <Empty title={states.noMatch}>
        <p>
          <Button onClick={() => table.set(Object.fromEntries(KEPT.map((name) => [name, ''])))}>{text.clearAll}</Button>
        </p>
      </Empty>
    );
  const unknown = facets ? facets.unknown.unscannedImages + facets.unknown.uncoveredPackages : 0;
  return (
    <Empty title={unknown > 0 ? text.noneKnown : text.none} hint={text.noneHint}>
      <p>
        <Link to={paths.images(account)}>{text.toImages}</Link>
      </p>
    </Empty>
  );
}
