/** Asks for a delivery. */
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { announce } from '../../ui/announcements.tsx';
import { TextField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useDeliver } from './use-deliveries.ts';

export function DeliverDialog({ onClose }: { onClose: () => void }) {
  const { deliveries, words } = useText();
  const { account } = useAccount();
  const deliver = useDeliver(account);
  return (
    <FormDialog
      title={deliveries.deliver}
      lead={deliveries.deliverLead}
      action={deliveries.send}
      change={deliver}
      onClose={onClose}
      onSubmit={(given) =>
        deliver.mutate(
          { repository: textOf(given, 'repository'), reference: textOf(given, 'reference'), to: textOf(given, 'to') },
          {
            onSuccess: () => {
              announce(deliveries.asked);
              onClose();
            },
          },
        )
      }
    >
      <TextField label={words.repository} name="repository" required maxLength={255} autoFocus />
      <TextField label={deliveries.reference} name="reference" required maxLength={200} />
      <TextField label={deliveries.target} name="to" required minLength={3} maxLength={400} />
    </FormDialog>
  );
}
