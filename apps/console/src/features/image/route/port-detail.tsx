/** What happened at one port. */
import type { Run, StepRun } from '@pratique/contract';
import { lazy, Suspense, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { imageName } from '../../../format/reference.ts';
import { useAccount } from '../../../shell/session.ts';
import { Button } from '../../../ui/button.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { StepMark } from '../../../ui/step-mark.tsx';
import { AdvisoryText } from '../../advisory/advisory-text.tsx';

const ApprovalDialog = lazy(async () => ({ default: (await import('./approval-dialog.tsx')).ApprovalDialog }));

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
      {step.state === 'waiting' && step.kind === 'approval' && <Decision run={run} step={step} />}
    </div>
  );
}

function Decision({ run, step }: { run: Run; step: StepRun }) {
  const { image, states, words } = useText();
  const { account, may } = useAccount();
  const [open, setOpen] = useState(false);
  if (!may('maintainer')) return <p className="quiet">{states.needsRole(words.roles.maintainer, account)}</p>;
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        {image.approveTitle(step.name)}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <ApprovalDialog
            account={account}
            run={run.id}
            step={step.name}
            image={imageName(account, run.repository, run.tag ?? run.digest)}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
