/** What happened at one port. */
import type { Run, StepRun } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { useAccount } from '../../../shell/session.ts';
import { Moment } from '../../../ui/moment.tsx';
import { StepMark } from '../../../ui/step-mark.tsx';
import { AdvisoryText } from '../../advisory/advisory-text.tsx';
import { ApprovalDecision } from './approval-decision.tsx';
import { ApprovalFacts } from './approval-facts.tsx';

export function PortDetail({ run, step }: { run: Run; step: StepRun }) {
  const { image } = useText();
  const { account } = useAccount();
  const format = useFormat();
  return (
    <div className="port-detail" aria-live="polite">
      <h3>
        {step.name} <StepMark state={step.state} />
      </h3>
      {step.summary === null ? (
        <p>{step.error ? null : image.noOutcome}</p>
      ) : (
        <p>
          <AdvisoryText account={account} text={step.summary} />
        </p>
      )}
      {step.error && <pre className="details">{step.error}</pre>}
      <p className="quiet">
        {step.startedAt ? (
          <>
            {image.started} <Moment at={step.startedAt} />
          </>
        ) : (
          image.notStarted
        )}
        {step.startedAt && step.finishedAt && ` · ${image.took} ${format.between(step.startedAt, step.finishedAt)}`}
        {step.attempts > 1 && ` · ${image.attempts(format.number(step.attempts))}`}
      </p>
      {step.approval && <ApprovalFacts approval={step.approval} waiting={step.state === 'waiting'} />}
      {step.approval && step.state === 'waiting' && (
        <ApprovalDecision
          question={{
            requestedBy: run.requestedBy,
            approvers: step.approval.approvers,
            answeredBy: step.approval.answers.map((answer) => answer.by),
          }}
          run={run.id}
          step={step.name}
          image={{ repository: run.repository, reference: run.tag ?? run.digest }}
        />
      )}
    </div>
  );
}
