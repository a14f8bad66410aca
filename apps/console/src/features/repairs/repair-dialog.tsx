/** Asks what a repair of the image would do: nothing is changed before that was seen. */
import { type ImageStatus, RepairScope, RepairTagging } from '@pratique/contract';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useText } from '../../catalogue/use-text.ts';
import { paths } from '../../format/paths.ts';
import { imageName } from '../../format/reference.ts';
import { Command } from '../../ui/copyable.tsx';
import { SelectField } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { useAskRepair } from './use-repairs.ts';
import './repairs.css';

export function RepairDialog({ image, onClose }: { image: ImageStatus; onClose: () => void }) {
  const { repairs, words } = useText();
  const { account, repository, reference } = image;
  const navigate = useNavigate();
  const ask = useAskRepair(account);
  const [scope, setScope] = useState<RepairScope>('all');
  const [tagging, setTagging] = useState<RepairTagging>('suffix');
  const [smokeStart, setSmokeStart] = useState(false);
  const name = imageName(account, repository, reference);
  const submit = (): void =>
    ask.mutate(
      { repository, reference, mode: 'preview', scope, tagging, smokeStart },
      {
        onSuccess: ({ id }) => void navigate(paths.repair(account, id, { tagging, start: smokeStart ? 'true' : '' })),
      },
    );
  return (
    <FormDialog
      title={repairs.dialogTitle(name)}
      lead={repairs.lead}
      action={repairs.preview}
      change={ask}
      onSubmit={submit}
      onClose={onClose}
    >
      <SelectField
        label={repairs.scope}
        value={scope}
        onChange={(event) => setScope(RepairScope.parse(event.target.value))}
        options={RepairScope.options.map((one) => [one, repairs.scopes[one]])}
      />
      <SelectField
        label={repairs.tagging}
        value={tagging}
        onChange={(event) => setTagging(RepairTagging.parse(event.target.value))}
        options={RepairTagging.options.map((one) => [one, repairs.taggings[one]])}
      />
      <label className="check">
        <input type="checkbox" checked={smokeStart} onChange={(event) => setSmokeStart(event.target.checked)} />
        {repairs.smokeStart}
      </label>
      <Command label={words.sameInTerminal} text={commandOf(name, { scope, smokeStart, isPreview: true })} />
    </FormDialog>
  );
}

export function commandOf(
  name: string,
  { scope, smokeStart, isPreview }: { scope: RepairScope; smokeStart: boolean; isPreview: boolean },
): string {
  const flags = [
    ...(isPreview ? ['--dry-run'] : []),
    ...(scope === 'findings' ? ['--only-findings'] : []),
    ...(smokeStart ? ['--smoke-start'] : []),
  ];
  return ['pratique repair', name, ...flags].join(' ');
}
