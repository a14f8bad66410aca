/** The signing key, shown this once. */
import { useText } from '../../../catalogue/use-text.ts';
import { Command } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';

export function KeyDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { webhooks } = useText();
  return (
    <Dialog title={webhooks.keyTitle} onClose={onClose}>
      <p>{webhooks.keyLead}</p>
      <Command label={webhooks.key} text={secret} />
    </Dialog>
  );
}
