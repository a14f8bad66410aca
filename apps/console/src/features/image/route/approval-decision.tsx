/** The button that answers an approval step, or why there is none for who is looking. */
import { lazy, Suspense, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { imageName } from '../../../format/reference.ts';
import { useAccount, useMe } from '../../../shell/session.ts';
import { Button } from '../../../ui/button.tsx';
import { sayApprovers } from './approvers.ts';
import { mayDecide, type Question } from './may-decide.ts';

const ApprovalDialog = lazy(async () => ({ default: (await import('./approval-dialog.tsx')).ApprovalDialog }));

type Props = {
  question: Question;
  run: string;
  step: string;
  image: { repository: string; reference: string };
};

export function ApprovalDecision({ question, run, step, image }: Props) {
  const text = useText();
  const { approvals } = text;
  const { account, role } = useAccount();
  const { data: me } = useMe();
  const [open, setOpen] = useState(false);
  const may = mayDecide(question, { name: me?.name ?? '', role });
  const name = imageName(account, image.repository, image.reference);
  if (may === 'not-approver')
    return <p className="quiet undecidable">{approvals.refused[may](sayApprovers(question.approvers, text))}</p>;
  if (may !== 'yes') return <p className="quiet undecidable">{approvals.refused[may]}</p>;
  return (
    <>
      <Button look="primary" aria-label={approvals.decideOn(name, step)} onClick={() => setOpen(true)}>
        {approvals.decide}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <ApprovalDialog account={account} run={run} step={step} image={name} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
