/** Asks for an exception, about a finding or a rule. */
import { NewException } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { announce } from '../../ui/announcements.tsx';
import { AreaField, SelectField, TextField } from '../../ui/field.tsx';
import { patternsOf, textOf } from '../../ui/form-data.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useAskException } from './use-policies.ts';

export type ExceptionSubject = { kind: 'finding' | 'policy'; about: string; package: string; repository: string };
type Props = { account: string; subject: ExceptionSubject; onClose: () => void };

export function ExceptionDialog({ account, subject, onClose }: Props) {
  const { policies, words, deliveries } = useText();
  const [kind, setKind] = useState(subject.kind);
  const ask = useAskException(account);
  const submit = (given: FormData): void =>
    ask.mutate(readException(kind, given), {
      onSuccess: () => {
        announce(policies.asked);
        onClose();
      },
    });
  return (
    <FormDialog
      title={policies.requestTitle}
      lead={policies.requestLead}
      action={policies.request}
      change={ask}
      onSubmit={submit}
      onClose={onClose}
    >
      <SelectField
        label={words.kind}
        value={kind}
        onChange={(event) => setKind(event.target.value === 'policy' ? 'policy' : 'finding')}
        options={[
          ['finding', policies.kinds.finding],
          ['policy', policies.kinds.policy],
        ]}
      />
      <TextField
        label={kind === 'finding' ? policies.aboutFinding : policies.aboutPolicy}
        name="about"
        required
        maxLength={100}
        defaultValue={subject.about}
      />
      {kind === 'finding' && (
        <TextField label={policies.onlyPackage} name="package" maxLength={200} defaultValue={subject.package} />
      )}
      <TextField
        label={policies.onlyRepositories}
        name="repositories"
        defaultValue={subject.repository}
        hint={deliveries.patternsHint}
      />
      <AreaField
        label={words.reason}
        name="reason"
        required
        minLength={10}
        maxLength={2000}
        hint={policies.reasonHint}
        autoFocus
      />
      <TextField label={words.days} name="days" type="number" min={1} max={365} defaultValue={30} required />
    </FormDialog>
  );
}

/** @throws ZodError only where the browser let through what the fields forbid */
export function readException(kind: 'finding' | 'policy', given: FormData): NewException {
  const repositories = patternsOf(given, 'repositories');
  const about = textOf(given, 'about');
  const name = textOf(given, 'package');
  const selector =
    kind === 'finding'
      ? { id: about, ...(name === '' ? {} : { package: name }), repositories }
      : { constraint: about, repositories };
  return NewException.parse({ kind, selector, reason: textOf(given, 'reason'), days: Number(textOf(given, 'days')) });
}
