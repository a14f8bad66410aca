/** Changes of a webhook that want a second thought: another key, removal. */
import type { Webhook } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { useAccount } from '../../../shell/session.ts';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { FormDialog } from '../../../ui/form-dialog.tsx';
import { useChangeWebhook, useRemoveWebhook } from './use-webhooks.ts';

type Props = { webhook: Webhook; onClose: () => void };

export function NewKeyDialog({ webhook, onKey, onClose }: Props & { onKey: (key: string) => void }) {
  const { webhooks } = useText();
  const { account } = useAccount();
  const change = useChangeWebhook(account, webhook.name);
  return (
    <FormDialog
      title={webhooks.newKeyTitle(webhook.name)}
      lead={webhooks.newKeyLead}
      action={webhooks.newKey}
      danger
      change={change}
      onSubmit={() =>
        change.mutate(
          { newKey: true },
          {
            onSuccess: ({ key }) => {
              onClose();
              if (key !== null) onKey(key);
            },
          },
        )
      }
      onClose={onClose}
    />
  );
}

export function RemoveWebhookDialog({ webhook, onRemoved, onClose }: Props & { onRemoved: () => void }) {
  const { webhooks } = useText();
  const { number } = useFormat();
  const { account } = useAccount();
  const remove = useRemoveWebhook(account, webhook.name);
  return (
    <ConfirmDialog
      title={webhooks.removeTitle(webhook.name)}
      lead={webhooks.removeLead(number(webhook.due))}
      action={webhooks.remove}
      change={remove}
      onDone={onRemoved}
      onClose={onClose}
    />
  );
}
