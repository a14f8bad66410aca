/** Whom the hole touches, in all its forms: images now and before, containers, customers, packages, and its history. */
import type { AdvisoryPage } from '@pratique/contract';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Section, Tabs, useShown } from '../../ui/page.tsx';
import { Empty, SkeletonRows } from '../../ui/states.tsx';
import { HoldingCustomers } from '../holders/holding-customers.tsx';
import { HoldingImages } from '../holders/holding-images.tsx';
import { HoldingPlacements } from '../holders/holding-placements.tsx';

const Packages = lazy(async () => ({ default: (await import('./affected-packages.tsx')).AffectedPackages }));
const History = lazy(async () => ({ default: (await import('./advisory-history.tsx')).AdvisoryHistory }));
const Records = lazy(async () => ({ default: (await import('./records.tsx')).Records }));

type Props = { account: string; page: AdvisoryPage };

export function Touched({ account, page }: Props) {
  const { advisory } = useText();
  const tabs = useTabs(page);
  const shown = useShown(tabs);
  return (
    <Section title={page.touches === 'touched' ? advisory.who : advisory.whoNot}>
      <Tabs tabs={tabs} label={advisory.who} />
      <Suspense fallback={<SkeletonRows />}>
        <Shown shown={shown} account={account} page={page} />
      </Suspense>
    </Section>
  );
}

/** What is touched now comes first, else what was, else what the sources say. */
function useTabs({ touches, holders, formerly, packages, records }: AdvisoryPage) {
  const { advisory, holders: text } = useText();
  const { number } = useFormat();
  const before = { id: 'before', label: advisory.before, count: number(formerly) };
  const sources = { id: 'sources', label: advisory.sources, count: number(records.length) };
  const history = { id: 'history', label: advisory.history };
  if (touches === 'none') return [sources, history];
  if (touches === 'cleared') return [before, sources, history];
  return [
    { id: 'images', label: text.images, count: number(holders.images) },
    { id: 'containers', label: text.containers, count: number(holders.containers) },
    { id: 'customers', label: text.customers, count: undefined },
    { id: 'packages', label: advisory.packagesTab, count: number(packages) },
    ...(formerly > 0 ? [before] : []),
    sources,
    history,
  ];
}

function Shown({ shown, account, page }: Props & { shown: string }) {
  const { advisory, holders, words } = useText();
  const asked = { account, path: ['advisories', page.id] };
  const none = <Empty title={holders.noImages} />;
  const why = (row: { repository: string; digest: string }) => (
    <Link to={paths.image(account, row.repository, row.digest, { show: 'findings', q: page.id })}>{words.why}</Link>
  );
  switch (shown) {
    case 'containers':
      return (
        <HoldingPlacements
          asked={asked}
          empty={<Empty title={holders.noContainers} hint={holders.noContainersHint} />}
        />
      );
    case 'customers':
      return <HoldingCustomers asked={asked} empty={<Empty title={holders.noCustomers} />} />;
    case 'packages':
      return <Packages account={account} page={page} />;
    case 'before':
      return (
        <>
          <p className="above-table quiet">{advisory.beforeLead}</p>
          <HoldingImages asked={{ ...asked, query: { time: 'before' } }} empty={none} />
        </>
      );
    case 'sources':
      return <Records page={page} />;
    case 'history':
      return <History account={account} id={page.id} />;
    default:
      return (
        <>
          {page.vex.length + page.exceptions.length > 0 && <p className="above-table quiet">{advisory.byPackage}</p>}
          <HoldingImages asked={asked} empty={none} why={why} />
        </>
      );
  }
}
