/** What was said of the hole by people: exceptions that let it pass, and statements of those who know the product. */
import type { AdvisoryPage } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Section } from '../../ui/page.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { coverage } from '../policies/coverage.ts';
import { useJustification } from '../policies/vex/justification.ts';

export function Spoken({ account, page }: { account: string; page: AdvisoryPage }) {
  const { advisory } = useText();
  return (
    <Section title={advisory.spoken}>
      {page.exceptions.length + page.vex.length === 0 && <p className="quiet">{advisory.nothingSpoken}</p>}
      <ul className="items">
        <Exceptions account={account} page={page} />
        <Statements account={account} page={page} />
      </ul>
    </Section>
  );
}

function Exceptions({ account, page }: { account: string; page: AdvisoryPage }) {
  const { advisory, policies } = useText();
  const format = useFormat();
  return page.exceptions.map((one) => (
    <li key={one.name}>
      <StepSign state="skipped" />
      <p>
        <Link to={paths.policies(account, { show: 'exceptions', exception: one.name })}>{one.name}</Link>{' '}
        {advisory.exception(coverage(one, policies), one.owner)}
        <small>{one.reason}</small>
      </p>
      <span className="quiet">{advisory.until(format.day(one.expiresAt))}</span>
    </li>
  ));
}

function Statements({ account, page }: { account: string; page: AdvisoryPage }) {
  const { advisory, vex } = useText();
  const justified = useJustification();
  return page.vex.map((one, index) => (
    <li key={`${one.documentId} ${index}`}>
      <StepSign
        state={one.status === 'affected' ? 'denied' : one.status === 'under_investigation' ? 'waiting' : 'skipped'}
      />
      <p>
        <Link to={paths.policies(account, { show: 'vex', vex: one.documentId })}>{one.document}</Link>{' '}
        {advisory.states(
          vex.statuses[one.status],
          one.image ? one.image.repository : one.products.slice(0, 3).join(', '),
        )}
        <small>{[justified(one.justification), one.statement].filter(Boolean).join('. ') || vex.noJustification}</small>
      </p>
      <span className="quiet">{one.author ?? vex.noAuthor}</span>
    </li>
  ));
}
