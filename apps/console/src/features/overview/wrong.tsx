/** What is wrong now. */
import type { Overview } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Moment } from '../../ui/moment.tsx';
import { Section } from '../../ui/page.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { Standing } from './standing.tsx';
import { wrongIn } from './summary.ts';

/** Denied workloads shown here; the rest stand on their own page. */
const SHOWN = 3;

export function Wrong({ seen }: { seen: Overview }) {
  const { overview } = useText();
  const format = useFormat();
  const { account } = seen;
  return (
    <Section title={overview.wrong}>
      {wrongIn(seen) === 0 && <p className="quiet">{overview.nothingWrong}</p>}
      <ul className="items">
        {seen.denied > 0 && (
          <li>
            <StepSign state="denied" />
            <p>{overview.refusedImages(format.number(seen.denied))}</p>
            <Link className="button" to={paths.images(account, { verdict: 'refused' })}>
              {overview.seeRefused}
            </Link>
          </li>
        )}
        <Standing seen={seen} />
        {seen.failedRuns.map((run) => (
          <li key={`${run.id}-${run.step}`}>
            <StepSign state="failed" />
            <p>
              <Link to={paths.run(account, run.id)}>
                {run.repository}
                {run.tag && `:${run.tag}`}
              </Link>{' '}
              {overview.failedRun(run.step)}
              <small>{run.error}</small>
            </p>
            <Moment at={run.at} />
          </li>
        ))}
        {seen.deniedAdmissions.slice(0, SHOWN).map((review) => (
          <li key={review.id}>
            <StepSign state="denied" />
            <p>
              <Link to={paths.workloads(account, { decision: 'denied', q: review.name ?? '' })}>
                {overview.deniedAdmission(review.kind, [review.namespace, review.name].filter(Boolean).join('/'))}
              </Link>
              <small>
                <AdvisoryText account={account} text={review.reasons[0] ?? ''} />
              </small>
            </p>
            <Moment at={review.at} />
          </li>
        ))}
      </ul>
      {seen.deniedAdmissions.length > SHOWN && (
        <p className="more">
          <Link to={paths.workloads(account, { decision: 'denied' })}>
            {overview.allDenied(format.number(seen.deniedAdmissions.length))}
          </Link>
        </p>
      )}
    </Section>
  );
}
