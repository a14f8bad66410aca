/** One step of the rotation, with what it means for clusters that do not follow. */
import { useText } from '../../../catalogue/use-text.ts';
import { useAccount } from '../../../shell/session.ts';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { type RotationStep, useRotate } from './use-authority.ts';

/** @param lacking clusters that are not known to trust the newest authority */
export function RotateDialog({ step, lacking, onClose }: { step: RotationStep; lacking: number; onClose: () => void }) {
  const { authority } = useText();
  const { account } = useAccount();
  const lead = {
    begin: authority.beginLead,
    finish: authority.finishLead(String(lacking)),
    forget: authority.forgetLead,
  };
  return (
    <ConfirmDialog
      title={authority.steps[step]}
      lead={lead[step]}
      action={authority.steps[step]}
      change={useRotate(account, step)}
      onDone={onClose}
      onClose={onClose}
    />
  );
}
