/** What needs a person's decision. */
import type { Overview } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { Section } from '../../ui/page.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { decisionsIn } from './summary.ts';
import { Waiting } from './waiting.tsx';

export function Decide({ seen }: { seen: Overview }) {
  const { overview } = useText();
  const { account } = seen;
  return (
    <Section title={overview.decide}>
      {decisionsIn(seen) === 0 && <p className="quiet">{overview.nothingToDecide}</p>}
      <ul className="items">
        {seen.waiting.map((waiting) => (
          <Waiting key={`${waiting.runId}-${waiting.step}`} account={account} waiting={waiting} />
        ))}
        {seen.requestedExceptions.map((exception) => (
          <li key={exception.name}>
            <StepSign state="waiting" />
            <p>
              <b>{exception.name}</b> {overview.requested(exception.owner)}
              <small>
                <AdvisoryText account={account} text={exception.reason} />
              </small>
            </p>
            <Link
              className="button primary"
              to={paths.policies(account, { show: 'exceptions', exception: exception.name })}
            >
              {overview.review}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
