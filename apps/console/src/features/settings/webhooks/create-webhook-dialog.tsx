/** Makes a webhook. */
import { useText } from '../../../catalogue/use-text.ts';
import { useAccount } from '../../../shell/session.ts';
import { TextField } from '../../../ui/field.tsx';
import { patternsOf, textOf } from '../../../ui/form-data.ts';
import { FormDialog } from '../../../ui/form-dialog.tsx';
import { useCreateWebhook } from './use-webhooks.ts';

export function CreateWebhookDialog({ onKey, onClose }: { onKey: (key: string) => void; onClose: () => void }) {
  const { settings, webhooks } = useText();
  const { account } = useAccount();
  const create = useCreateWebhook(account);
  const submit = (given: FormData): void =>
    create.mutate(
      { name: textOf(given, 'name'), url: textOf(given, 'url'), types: patternsOf(given, 'types') },
      {
        onSuccess: ({ key }) => {
          onClose();
          if (key !== null) onKey(key);
        },
      },
    );
  return (
    <FormDialog
      title={webhooks.create}
      lead={webhooks.createLead}
      action={webhooks.create}
      change={create}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={webhooks.name}
        name="name"
        required
        pattern="[a-z0-9][a-z0-9\-]{0,59}"
        hint={settings.robotNameHint}
        autoFocus
      />
      <TextField label={webhooks.url} name="url" type="url" required maxLength={2000} placeholder="https://" />
      <TextField label={webhooks.types} name="types" defaultValue="**" hint={webhooks.typesHint} />
    </FormDialog>
  );
}
