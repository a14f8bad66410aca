/** An image that waits for somebody's approval, and the button that answers. */
import type { Overview } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { Moment } from '../../ui/moment.tsx';
import { StepSign } from '../../ui/step-mark.tsx';
import { ApprovalDecision } from '../image/route/approval-decision.tsx';

export function Waiting({ account, waiting }: { account: string; waiting: Overview['waiting'][number] }) {
  const { approvals, overview } = useText();
  const format = useFormat();
  const { repository, tag, digest } = waiting;
  return (
    <li>
      <StepSign state="waiting" />
      <p>
        <Link to={paths.run(account, waiting.runId)}>
          {repository}
          {tag && `:${tag}`}
        </Link>{' '}
        {overview.waiting(waiting.step)}
        <small>
          {approvals.given(format.number(waiting.given), format.number(waiting.needed))} ·{' '}
          {approvals.askedBy(waiting.requestedBy)} <Moment at={waiting.since} />
          {waiting.expiresAt !== null && (
            <>
              {' '}
              · {approvals.endsIn} <Moment at={waiting.expiresAt} />
            </>
          )}
        </small>
      </p>
      <ApprovalDecision
        question={waiting}
        run={waiting.runId}
        step={waiting.step}
        image={{ repository, reference: tag ?? digest }}
      />
    </li>
  );
}
