/** Each reason with what it rests on and what softens it. */
import type { ExplainedReason } from '@pratique/contract';
import { useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { paths } from '../../../format/paths.ts';
import { Button } from '../../../ui/button.tsx';
import { Section } from '../../../ui/page.tsx';
import { StepSign } from '../../../ui/step-mark.tsx';

const PAGE = 25;
const SIGNS = { deny: 'denied', warn: 'waiting', dryrun: 'skipped' } as const;

export function ExplainedReasons({ account, reasons }: { account: string; reasons: ExplainedReason[] }) {
  const { explain } = useText();
  const { number } = useFormat();
  const [shown, setShown] = useState(PAGE);
  return (
    <Section title={explain.reasons}>
      {reasons.length === 0 && <p className="quiet">{explain.noReasons}</p>}
      <ul className="items">
        {reasons.slice(0, shown).map((one, index) => (
          <Line key={index} account={account} explained={one} />
        ))}
      </ul>
      {reasons.length > shown && (
        <p className="more">
          <Button onClick={() => setShown(shown + PAGE * 4)}>
            {explain.moreReasons(number(reasons.length - shown))}
          </Button>
        </p>
      )}
    </Section>
  );
}

function Line({ account, explained }: { account: string; explained: ExplainedReason }) {
  const { explain, words } = useText();
  const { day } = useFormat();
  const { reason, evidence, exception, graceUntil } = explained;
  return (
    <li>
      <StepSign state={SIGNS[reason.action]} />
      <p>
        {reason.message}
        {evidence && (
          <small>
            <code>{evidence.comparison}</code> · {evidence.source} {evidence.advisory}
            {evidence.severitySource && ` · ${explain.severityFrom(evidence.severitySource)}`}
          </small>
        )}
        {exception && (
          <small>
            <Link to={paths.policies(account, { show: 'exceptions', exception: exception.name })}>
              {explain.excepted(exception.name, exception.approver ?? words.none, day(exception.until))}
            </Link>
          </small>
        )}
        {graceUntil && <small>{explain.grace(day(graceUntil))}</small>}
      </p>
      <span className="quiet">
        {reason.constraint} {words.actions[reason.action]}
      </span>
    </li>
  );
}
