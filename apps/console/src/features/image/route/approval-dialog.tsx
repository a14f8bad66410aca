/** Approves or denies a step that waits. */
import { type FormEvent, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { shellWord } from '../../../format/reference.ts';
import { Button } from '../../../ui/button.tsx';
import { Command } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { AreaField } from '../../../ui/field.tsx';
import { Failure } from '../../../ui/states.tsx';
import { useDecideApproval } from '../use-image.ts';

type Props = { account: string; run: string; step: string; image: string; onClose: () => void };

export function ApprovalDialog({ account, run, step, image, onClose }: Props) {
  const { image: text, words } = useText();
  const [reason, setReason] = useState('');
  const decide = useDecideApproval(account, run, step);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const submitter = (event.nativeEvent as SubmitEvent).submitter;
    decide.mutate({ approve: submitter?.getAttribute('value') === 'approve', reason }, { onSuccess: onClose });
  };
  return (
    <Dialog title={text.approveTitle(step)} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <p>{text.approveLead(image)}</p>
        <AreaField
          label={words.reason}
          required
          minLength={3}
          maxLength={1000}
          autoFocus
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {decide.error && <Failure error={decide.error} change />}
        <Command
          label={words.sameInTerminal}
          text={`pratique chain approve ${image} --step ${step} --reason ${shellWord(reason || '…')}`}
        />
        <p className="dialog-actions">
          <Button type="submit" look="danger" value="deny" disabled={decide.isPending}>
            {text.deny}
          </Button>
          <Button type="submit" look="primary" value="approve" disabled={decide.isPending}>
            {text.approve}
          </Button>
        </p>
      </form>
    </Dialog>
  );
}
