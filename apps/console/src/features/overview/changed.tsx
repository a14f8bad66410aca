/** What changed since yesterday: the sums, then the feed. */
import type { Overview } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { Moment } from '../../ui/moment.tsx';
import { Section } from '../../ui/page.tsx';
import { AdvisoryText } from '../advisory/advisory-text.tsx';
import { AdvisoriesChanged } from './advisories-changed.tsx';
import { describeEvent, tagsIn } from './describe-event.ts';

const SHOWN = 7;

export function Changed({ seen }: { seen: Overview }) {
  const { overview } = useText();
  const { number } = useFormat();
  const { changes } = seen;
  const tags = tagsIn(seen.recent);
  const told = seen.recent.flatMap((event) => {
    const line = describeEvent(event, seen.account, overview.event, tags);
    return line ? [{ ...line, seq: event.seq, at: event.at }] : [];
  });
  return (
    <Section title={overview.changed}>
      <p>{overview.changedSum(number(changes.pushes), number(changes.allowed), number(changes.denied))}</p>
      {changes.deliveriesSent + changes.deliveriesReceived > 0 && (
        <p>{overview.delivered(number(changes.deliveriesSent), number(changes.deliveriesReceived))}</p>
      )}
      <AdvisoriesChanged account={seen.account} />
      {told.length === 0 && <p className="quiet">{overview.quiet}</p>}
      <ol className="feed">
        {told.slice(0, SHOWN).map((line) => (
          <li key={line.seq}>
            <p>
              {line.subject && line.to && <Link to={line.to}>{line.subject}</Link>}{' '}
              <AdvisoryText account={seen.account} text={line.what} />
            </p>
            <Moment at={line.at} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
