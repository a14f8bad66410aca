/** What an approval step needs, until when, and what was answered so far. */
import type { ApprovalState } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { Moment } from '../../../ui/moment.tsx';
import { StepSign } from '../../../ui/step-mark.tsx';
import { sayApprovers } from './approvers.ts';

export function ApprovalFacts({ approval, waiting }: { approval: ApprovalState; waiting: boolean }) {
  const text = useText();
  const { approvals } = text;
  const format = useFormat();
  const given = approval.answers.filter((answer) => answer.approve).length;
  return (
    <>
      <dl className="facts">
        <dt>{approvals.needed}</dt>
        <dd>{approvals.given(format.number(given), format.number(approval.needed))}</dd>
        <dt>{approvals.who}</dt>
        <dd>{sayApprovers(approval.approvers, text)}</dd>
        {waiting && (
          <>
            <dt>{approvals.ends}</dt>
            <dd>
              {approval.expiresAt === null ? (
                approvals.noEnd
              ) : (
                <>
                  <Moment at={approval.expiresAt} /> · {approvals.refusedThen}
                </>
              )}
            </dd>
          </>
        )}
      </dl>
      <h4 className="answers-head">{approvals.answers}</h4>
      {approval.answers.length === 0 && <p className="quiet">{approvals.noAnswers}</p>}
      <ul className="items answers">
        {approval.answers.map((answer) => (
          <li key={answer.by}>
            <StepSign state={answer.approve ? 'succeeded' : 'denied'} />
            <p>
              {answer.approve ? approvals.approved(answer.by) : approvals.rejected(answer.by)}
              <small>{answer.reason}</small>
            </p>
            <Moment at={answer.at} />
          </li>
        ))}
      </ul>
    </>
  );
}
