/** One check of the baseline: what it asks, why, what was found against it, and what to do. */
import type { BaselineStatus } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { paths } from '../../../format/paths.ts';
import { SeverityMark } from '../../../ui/severity.tsx';
import { StepSign } from '../../../ui/step-mark.tsx';
import type { Check } from './use-contents.ts';

const SIGNS = {
  failed: 'denied',
  passed: 'succeeded',
  'not-applicable': 'skipped',
  'not-examined': 'waiting',
} as const;

export function BaselineCheck({ account, check }: { account: string; check: Check }) {
  const { contents } = useText();
  return (
    <li>
      <StepSign state={SIGNS[check.status satisfies BaselineStatus]} />
      <div>
        <p className="check-head">
          <strong>{check.title}</strong> <span className="quiet">{contents.checks[check.status]}</span>
        </p>
        <p>{check.status === 'not-examined' ? contents.unmade(check.detail ?? '') : check.reason}</p>
        {check.status === 'failed' && (
          <p>
            <span className="quiet">{contents.fix}</span> {check.fix}
          </p>
        )}
        <Found check={check} />
        {check.exception && (
          <p>
            {contents.excepted}{' '}
            <Link className="named" to={paths.policies(account, { show: 'exceptions', exception: check.exception })}>
              {check.exception}
            </Link>
          </p>
        )}
      </div>
      <div className="check-beside">
        <SeverityMark severity={check.severity} />
        <code>{check.id}</code>
        <span className="quiet">{check.profiles.join(', ')}</span>
      </div>
    </li>
  );
}

/** One thing stands at once; more are opened. */
function Found({ check }: { check: Check }) {
  const { contents } = useText();
  const { number } = useFormat();
  const [first] = check.evidence;
  if (first === undefined) return null;
  if (check.evidenceCount === 1)
    return (
      <p>
        <code>{first}</code>
      </p>
    );
  return (
    <details>
      <summary>{contents.found(number(check.evidenceCount))}</summary>
      <ul className="evidence">
        {check.evidence.map((one) => (
          <li key={one}>
            <code>{one}</code>
          </li>
        ))}
        {check.evidence.length < check.evidenceCount && <li className="quiet">…</li>}
      </ul>
    </details>
  );
}
