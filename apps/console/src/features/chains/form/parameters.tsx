/** What stands under `with`, by the kind of the step. What is as it would be anyway is not written. */
import type { Step } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { SelectField } from '../../../ui/field.tsx';
import { listOf, PREDICATES } from '../read-parameters.ts';
import { ApprovalParameters } from './approval-parameters.tsx';
import { CheckField } from './check-field.tsx';
import { WordsField } from './words-field.tsx';

export type ParameterProps = {
  step: Step;
  disabled: boolean;
  /** @param value undefined: what is usual */
  onSet: (key: string, value: unknown) => void;
};

export function Parameters(props: ParameterProps) {
  const { chains } = useText();
  switch (props.step.kind) {
    case 'attest':
      return <AttestParameters {...props} />;
    case 'deliver':
      return (
        <WordsField
          label={chains.deliverTo}
          hint={chains.deliverToHint}
          value={listOf(props.step.with['to'])}
          disabled={props.disabled}
          onChange={(to) => props.onSet('to', to.length === 0 ? undefined : to)}
        />
      );
    case 'approval':
      return <ApprovalParameters {...props} />;
    case 'repair':
      return <RepairParameters {...props} />;
    case 'inventory':
    case 'scan':
    case 'gate':
    case 'sign':
      return <p className="quiet">{chains.noParameters}</p>;
  }
}

function AttestParameters({ step, disabled, onSet }: ParameterProps) {
  const { chains } = useText();
  const chosen = listOf(step.with['predicates'], ['verdict']);
  const choose = (one: string, add: boolean): void =>
    onSet(
      'predicates',
      PREDICATES.filter((known) => (known === one ? add : chosen.includes(known))),
    );
  return (
    <fieldset className="choices-of-steps" disabled={disabled}>
      <legend>{chains.predicates}</legend>
      {PREDICATES.map((one) => (
        <CheckField
          key={one}
          label={chains.statements[one]}
          checked={chosen.includes(one)}
          onCheck={(checked) => choose(one, checked)}
        />
      ))}
    </fieldset>
  );
}

function RepairParameters({ step, disabled, onSet }: ParameterProps) {
  const { chains } = useText();
  return (
    <>
      <SelectField
        label={chains.upgrades}
        disabled={disabled}
        value={step.with['upgrades'] === 'findings' ? 'findings' : 'all'}
        options={[
          ['all', chains.upgradesOf.all],
          ['findings', chains.upgradesOf.findings],
        ]}
        onChange={(event) => onSet('upgrades', event.target.value === 'all' ? undefined : event.target.value)}
      />
      <SelectField
        label={chains.tag}
        disabled={disabled}
        value={step.with['tag'] === 'move' ? 'move' : 'suffix'}
        options={[
          ['suffix', chains.tagOf.suffix],
          ['move', chains.tagOf.move],
        ]}
        onChange={(event) => onSet('tag', event.target.value === 'suffix' ? undefined : event.target.value)}
      />
      <CheckField
        label={chains.preview}
        disabled={disabled}
        checked={step.with['preview'] === true}
        onCheck={(checked) => onSet('preview', checked || undefined)}
      />
      <CheckField
        label={chains.smokeStart}
        disabled={disabled}
        checked={step.with['smoke_start'] === true}
        onCheck={(checked) => onSet('smoke_start', checked || undefined)}
      />
    </>
  );
}
