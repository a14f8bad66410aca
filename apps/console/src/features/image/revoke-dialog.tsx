/** Takes the image out of service, after saying exactly what that does. */
import type { ImageStatus } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { imageName, shellWord } from '../../format/reference.ts';
import { announce } from '../../ui/announcements.tsx';
import { Command } from '../../ui/copyable.tsx';
import { AreaField, SelectField } from '../../ui/field.tsx';
import { textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useRevoke } from './use-image.ts';

export function RevokeDialog({ image, onClose }: { image: ImageStatus; onClose: () => void }) {
  const { revoke: text, words } = useText();
  const { number } = useFormat();
  const { account, repository, reference } = image;
  const [everywhere, setEverywhere] = useState(true);
  const [reason, setReason] = useState('');
  const revoke = useRevoke(account);
  const name = imageName(account, repository, reference);
  const submit = (given: FormData): void =>
    revoke.mutate(
      { repository, reference, reason: textOf(given, 'reason'), everywhere },
      {
        onSuccess: ({ verdicts }) => {
          announce(text.done(number(verdicts.length)));
          onClose();
        },
      },
    );
  return (
    <FormDialog
      title={text.title(name)}
      action={text.action}
      danger
      change={revoke}
      onSubmit={submit}
      onClose={onClose}
    >
      <SelectField
        label={text.scope}
        value={everywhere ? 'everywhere' : 'here'}
        onChange={(event) => setEverywhere(event.target.value === 'everywhere')}
        options={[
          ['everywhere', text.everywhere],
          ['here', text.here(repository)],
        ]}
      />
      <div>
        <p>{text.effects}</p>
        <ul className="bullets">
          <li>{everywhere ? text.refusedEverywhere(account) : text.refusedHere(repository)}</li>
          {(image.platforms.length > 1 || image.mediaType.includes('index')) && <li>{text.indexes}</li>}
          <li>{text.signatures}</li>
          <li>{text.copies}</li>
          <li>{text.running(image.runningIn.length, number(image.runningIn.length))}</li>
          <li>{text.stays}</li>
        </ul>
      </div>
      <AreaField
        label={words.reason}
        name="reason"
        required
        minLength={3}
        maxLength={1000}
        autoFocus
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <Command
        label={words.sameInTerminal}
        text={`pratique revoke ${name}${everywhere ? '' : ' --only-here'} --reason ${shellWord(reason || 'TEXT')}`}
      />
    </FormDialog>
  );
}
