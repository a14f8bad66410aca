/** Rejects an exception that was asked for, with a reason. */
import type { Exception } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { AreaField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useRejectException } from './use-policies.ts';

type Props = { exception: Exception; onRejected: () => void; onClose: () => void };

export function RejectDialog({ exception, onRejected, onClose }: Props) {
  const { policies, words } = useText();
  const { account } = useAccount();
  const reject = useRejectException(account, exception.name);
  return (
    <FormDialog
      title={policies.rejectTitle(exception.name)}
      lead={policies.rejectLead(exception.owner)}
      action={policies.reject}
      danger
      change={reject}
      onSubmit={(given) => reject.mutate({ reason: textOf(given, 'reason') }, { onSuccess: onRejected })}
      onClose={onClose}
    >
      <AreaField label={words.reason} name="reason" required minLength={3} maxLength={1000} autoFocus />
    </FormDialog>
  );
}
