/** Whether a webhook is on, and whether what it sends arrives. */
import type { Webhook } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { StepSign } from '../../../ui/step-mark.tsx';

const SIGNS = { on: 'succeeded', off: 'skipped', failing: 'failed' } as const;

export function WebhookState({ webhook }: { webhook: Webhook }) {
  const { webhooks } = useText();
  const state = webhook.enabled ? (webhook.dead > 0 ? 'failing' : 'on') : 'off';
  return (
    <span className="step-mark" title={webhook.disabledReason ?? undefined}>
      <StepSign state={SIGNS[state]} />
      {webhooks[state]}
    </span>
  );
}
