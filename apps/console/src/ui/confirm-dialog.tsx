/** A change that needs nothing but a second thought: what exactly will happen, and a button that does it. */
import { FormDialog } from './form-dialog.tsx';

type Props = {
  title: string;
  /** Exactly what will happen. */
  lead: string;
  action: string;
  change: {
    isPending: boolean;
    error: Error | null;
    mutate: (nothing: undefined, then: { onSuccess: () => void }) => void;
  };
  onDone: () => void;
  onClose: () => void;
};

export function ConfirmDialog({ title, lead, action, change, onDone, onClose }: Props) {
  return (
    <FormDialog
      title={title}
      lead={lead}
      action={action}
      danger
      change={change}
      onSubmit={() => change.mutate(undefined, { onSuccess: onDone })}
      onClose={onClose}
    />
  );
}
