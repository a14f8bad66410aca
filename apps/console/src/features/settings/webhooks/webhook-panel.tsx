/** One webhook: how it stands, what can be done with it, and its log. */
import type { Webhook } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { useAccount } from '../../../shell/session.ts';
import { announce } from '../../../ui/announcements.tsx';
import { Button } from '../../../ui/button.tsx';
import { Command } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Failure } from '../../../ui/states.tsx';
import { DeliveryLog } from './delivery-log.tsx';
import { useChangeWebhook, useResend, useTestWebhook } from './use-webhooks.ts';
import { NewKeyDialog, RemoveWebhookDialog } from './webhook-dialogs.tsx';
import { WebhookState } from './webhook-state.tsx';

type Props = { webhook: Webhook; onKey: (key: string) => void; onClose: () => void };

export function WebhookPanel({ webhook, onKey, onClose }: Props) {
  const { webhooks, words } = useText();
  const { account } = useAccount();
  const format = useFormat();
  return (
    <Dialog side="wide" title={webhook.name} onClose={onClose}>
      <dl className="facts">
        <dt>{words.state}</dt>
        <dd>
          <WebhookState webhook={webhook} />
          {!webhook.enabled && <p className="quiet">{webhook.disabledReason ?? webhooks.switchedOff}</p>}
        </dd>
        <dt>{webhooks.origin}</dt>
        <dd>{webhook.origin}</dd>
        <dt>{webhooks.types}</dt>
        <dd>
          <code>{webhook.types.join(', ')}</code>
        </dd>
        <dt>{webhooks.lastDelivered}</dt>
        <dd>{webhook.lastDeliveredAt ? format.moment(webhook.lastDeliveredAt) : webhooks.never}</dd>
        {webhook.lastError && (
          <>
            <dt>{webhooks.lastError}</dt>
            <dd>{webhook.lastError}</dd>
          </>
        )}
      </dl>
      <Actions webhook={webhook} onKey={onKey} onRemoved={onClose} />
      <h3>{webhooks.log}</h3>
      <DeliveryLog webhook={webhook.name} />
      <Command label={words.sameInTerminal} text={`pratique webhook log ${account} ${webhook.name}`} />
    </Dialog>
  );
}

function Actions({ webhook, onKey, onRemoved }: { webhook: Webhook; onKey: Props['onKey']; onRemoved: () => void }) {
  const { webhooks } = useText();
  const { number } = useFormat();
  const { account } = useAccount();
  const [asking, setAsking] = useState<'key' | 'removal' | null>(null);
  const test = useTestWebhook(account, webhook.name);
  const change = useChangeWebhook(account, webhook.name);
  const resend = useResend(account, webhook.name);
  const error = test.error ?? change.error ?? resend.error;
  const done = (): void => setAsking(null);
  return (
    <>
      {error && <Failure error={error} change />}
      <p className="page-actions">
        <Button
          disabled={test.isPending}
          onClick={() => test.mutate(undefined, { onSuccess: () => announce(webhooks.tested) })}
        >
          {webhooks.test}
        </Button>
        {webhook.dead > 0 && (
          <Button
            disabled={resend.isPending}
            onClick={() => resend.mutate({}, { onSuccess: ({ due }) => announce(webhooks.resent(number(due))) })}
          >
            {webhooks.resendAll(number(webhook.dead))}
          </Button>
        )}
        <Button disabled={change.isPending} onClick={() => change.mutate({ enabled: !webhook.enabled })}>
          {webhook.enabled ? webhooks.switchOff : webhooks.switchOn}
        </Button>
        <Button onClick={() => setAsking('key')}>{webhooks.newKey}</Button>
        <Button look="danger" onClick={() => setAsking('removal')}>
          {webhooks.remove}
        </Button>
      </p>
      {asking === 'key' && <NewKeyDialog webhook={webhook} onKey={onKey} onClose={done} />}
      {asking === 'removal' && <RemoveWebhookDialog webhook={webhook} onRemoved={onRemoved} onClose={done} />}
    </>
  );
}
