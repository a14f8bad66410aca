/** One advisory: what it is, whom it touches now and touched before, what is said against it, what nobody knows. */
import type { AdvisoryPage as Advisory } from '@pratique/contract';
import { Link, useParams } from 'react-router';
import { RequestError } from '../../api/request.ts';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { useAccount } from '../../shell/session.ts';
import { NumberList } from '../../ui/number-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Answered, Empty, SkeletonRows } from '../../ui/states.tsx';
import { AdvisoryActions } from './advisory-actions.tsx';
import { AdvisoryFacts, AdvisoryFoot } from './advisory-facts.tsx';
import { sayAdvisory } from './say-advisory.ts';
import { Spoken } from './spoken.tsx';
import { Touched } from './touched.tsx';
import { Unknown } from './unknown.tsx';
import { useAdvisory } from './use-advisory.ts';
import './advisory.css';

export function AdvisoryPage() {
  const { account } = useAccount();
  const { advisory } = useText();
  const { id = '' } = useParams();
  const query = useAdvisory(account, id);
  if (!query.data && query.error instanceof RequestError && query.error.code === 'not-found')
    return <NobodyKnows id={id} />;
  return (
    <div className="page">
      <Crumbs />
      {!query.data && <PageHead title={id} />}
      <Answered query={query} what={advisory.what} skeleton={<SkeletonRows rows={12} />}>
        {(page) => <Known page={page} />}
      </Answered>
    </div>
  );
}

function Known({ page }: { page: Advisory }) {
  const { account } = useAccount();
  const { advisory } = useText();
  const format = useFormat();
  return (
    <>
      <PageHead title={page.id} lead={sayAdvisory(page, advisory, format)}>
        <AdvisoryActions page={page} />
      </PageHead>
      {page.touches === 'touched' && <Numbers account={account} page={page} />}
      <AdvisoryFacts page={page} />
      <Unknown account={account} />
      <Spoken account={account} page={page} />
      <Touched account={account} page={page} />
      <AdvisoryFoot page={page} />
    </>
  );
}

function Numbers({ account, page }: { account: string; page: Advisory }) {
  const { holders: text, advisory } = useText();
  const { number } = useFormat();
  const { holders, packages } = page;
  const to = (show: string): string => paths.advisory(account, page.id, { show });
  return (
    <NumberList
      label={text.numbers}
      numbers={[
        {
          to: to('images'),
          value: number(holders.images),
          label: text.images,
          beside: text.inRepositories(number(holders.repositories)),
        },
        {
          to: to('containers'),
          value: number(holders.containers),
          label: text.containers,
          beside: text.inClusters(number(holders.clusters)),
        },
        { to: to('customers'), value: number(holders.customers), label: text.customersNumber, beside: text.receivedIt },
        { to: to('packages'), value: number(packages), label: advisory.packages, beside: advisory.packagesBeside },
      ]}
    />
  );
}

function Crumbs() {
  const { account } = useAccount();
  const { findings } = useText();
  return (
    <nav className="crumbs" aria-label={findings.title}>
      <Link to={paths.findings(account)}>{findings.title}</Link>
    </nav>
  );
}

function NobodyKnows({ id }: { id: string }) {
  const { account } = useAccount();
  const { advisory } = useText();
  return (
    <div className="page">
      <Crumbs />
      <PageHead title={id} lead={advisory.unknownLead} />
      <Empty
        title={advisory.unknownTitle}
        hint={advisory.unknownHint}
        command={`pratique advisories status\npratique advisories show ${account} ${id}`}
      />
    </div>
  );
}
