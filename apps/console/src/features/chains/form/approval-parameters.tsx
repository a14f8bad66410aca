/** How many must approve, who may, and until when. */
import { useText } from '../../../catalogue/use-text.ts';
import { TextField } from '../../../ui/field.tsx';
import { listOf, numberOf } from '../read-parameters.ts';
import type { ParameterProps } from './parameters.tsx';
import { WordsField } from './words-field.tsx';

const MOST_APPROVALS = 20;
const MOST_HOURS = 2160;

export function ApprovalParameters({ step, disabled, onSet }: ParameterProps) {
  const { chains } = useText();
  const number = (key: string, text: string): void => onSet(key, text === '' ? undefined : Number(text));
  return (
    <>
      <div className="field-pair">
        <TextField
          label={chains.approvals}
          type="number"
          min={1}
          max={MOST_APPROVALS}
          disabled={disabled}
          placeholder="1"
          value={numberOf(step.with['approvals']) ?? ''}
          onChange={(event) => number('approvals', event.target.value)}
        />
        <TextField
          label={chains.expires}
          hint={chains.expiresHint}
          type="number"
          min={1}
          max={MOST_HOURS}
          disabled={disabled}
          value={numberOf(step.with['expires_hours']) ?? ''}
          onChange={(event) => number('expires_hours', event.target.value)}
        />
      </div>
      <WordsField
        label={chains.approvers}
        hint={chains.approversHint}
        value={listOf(step.with['approvers'])}
        disabled={disabled}
        onChange={(approvers) => onSet('approvers', approvers.length === 0 ? undefined : approvers)}
      />
    </>
  );
}
