/** The first page: what is wrong, what needs a decision, what changed, is the watch healthy. */
import type { Overview } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { Changed } from './changed.tsx';
import { Decide } from './decide.tsx';
import { FirstPush } from './first-push.tsx';
import { Numbers } from './numbers.tsx';
import { OverviewSkeleton } from './overview-skeleton.tsx';
import { decisionsIn, wrongIn } from './summary.ts';
import { useOverview } from './use-overview.ts';
import { Watch } from './watch.tsx';
import { Wrong } from './wrong.tsx';
import './overview.css';

export function OverviewPage() {
  const { account } = useAccount();
  const { overview } = useText();
  const query = useOverview(account);
  return (
    <div className="page">
      <PageHead title={overview.title} lead={query.data ? <State seen={query.data} /> : undefined} />
      <Answered query={query} what={overview.title} skeleton={<OverviewSkeleton />}>
        {(seen) => (
          <>
            {seen.images === 0 && seen.recent.length === 0 ? <FirstPush account={account} /> : <Numbers seen={seen} />}
            <div className="overview-columns">
              <div>
                <Wrong seen={seen} />
                <Decide seen={seen} />
              </div>
              <div>
                <Changed seen={seen} />
                <Watch health={seen.health} />
              </div>
            </div>
          </>
        )}
      </Answered>
    </div>
  );
}

function State({ seen }: { seen: Overview }) {
  const { overview } = useText();
  const wrong = wrongIn(seen);
  const decisions = decisionsIn(seen);
  if (wrong + decisions === 0) return overview.calm;
  return overview.state(
    wrong === 0 ? overview.wrongNone : overview.wrongSome(wrong),
    decisions === 0 ? overview.decisionsNone : overview.decisionsSome(decisions),
  );
}
