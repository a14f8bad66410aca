/** Opens a way for an emergency: labelled pods run for some hours although they would be denied. */
import { type Exception, NewBreakGlass } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { useAccount } from '../../shell/session.ts';
import { Command } from '../../ui/copyable.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { AreaField, TextField } from '../../ui/field.tsx';
import { patternsOf, textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { labelOf } from './coverage.ts';
import { useOpenBreakGlass } from './use-policies.ts';

export function BreakGlassDialog({ onClose }: { onClose: () => void }) {
  const { policies, words } = useText();
  const { account } = useAccount();
  const [opened, setOpened] = useState<Exception | null>(null);
  const open = useOpenBreakGlass(account);
  if (opened) return <Opened exception={opened} onClose={onClose} />;
  return (
    <FormDialog
      title={policies.breakGlass}
      lead={policies.breakGlassLead}
      action={policies.breakGlassOpen}
      danger
      change={open}
      onSubmit={(given) => open.mutate(readBreakGlass(given), { onSuccess: setOpened })}
      onClose={onClose}
    >
      <TextField label={policies.namespaces} name="namespaces" required hint={policies.namespacesHint} autoFocus />
      <TextField label={policies.clusters} name="clusters" defaultValue="**" />
      <AreaField
        label={words.reason}
        name="reason"
        required
        minLength={10}
        maxLength={2000}
        hint={policies.breakGlassReason}
      />
      <TextField label={policies.hours} name="hours" type="number" min={1} max={72} defaultValue={4} required />
    </FormDialog>
  );
}

function readBreakGlass(given: FormData): NewBreakGlass {
  return NewBreakGlass.parse({
    namespaces: patternsOf(given, 'namespaces'),
    clusters: patternsOf(given, 'clusters'),
    reason: textOf(given, 'reason'),
    hours: Number(textOf(given, 'hours')),
  });
}

function Opened({ exception, onClose }: { exception: Exception; onClose: () => void }) {
  const { policies, words } = useText();
  const { moment } = useFormat();
  const { account } = useAccount();
  return (
    <Dialog title={policies.breakGlassOpened(exception.name)} onClose={onClose}>
      <p>{policies.breakGlassUntil(moment(exception.expiresAt))}</p>
      <Command label={policies.label} text={labelOf(exception.name)} />
      <Command label={words.sameInTerminal} text={`pratique break-glass close ${account} ${exception.name}`} />
    </Dialog>
  );
}
