/** The chosen step: its name and kind, what it waits for, what its denial leads to, its parameters. */
import { type ChainDefinition, StepKind } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { Button } from '../../../ui/button.tsx';
import { SelectField } from '../../../ui/field.tsx';
import { Section } from '../../../ui/page.tsx';
import { canDeny, changeKind, joinStep, removeStep, renameStep, setParameter, waitingFor } from '../edit-chain.ts';
import { NameField } from './name-field.tsx';
import { Parameters } from './parameters.tsx';
import { StepChoice } from './step-choice.tsx';

type Props = {
  chain: ChainDefinition;
  index: number | null;
  wrong: { step: string | null; error: string } | null;
  disabled: boolean;
  onChange: (chain: ChainDefinition) => void;
  onSelect: (step: string | null) => void;
};

export function StepForm({ chain, index, wrong, disabled, onChange, onSelect }: Props) {
  const { chains, words } = useText();
  const step = index === null ? undefined : chain.steps[index];
  if (index === null || !step)
    return (
      <Section title={chains.steps}>
        <p className="quiet">{chains.noneSelected}</p>
      </Section>
    );
  const later = waitingFor(chain, step.name);
  const others = chain.steps.filter((one) => one !== step);
  return (
    <Section
      title={chains.selected(step.name)}
      aside={
        <Button
          look="danger"
          disabled={disabled}
          onClick={() => {
            onChange(removeStep(chain, index));
            onSelect(null);
          }}
        >
          {chains.removeStep}
        </Button>
      }
    >
      <div className="form">
        {wrong?.step === step.name && <p className="wrong-step">{wrong.error}</p>}
        <div className="field-pair">
          <NameField
            chain={chain}
            index={index}
            disabled={disabled}
            onRename={(name) => {
              onChange(renameStep(chain, index, name));
              onSelect(name);
            }}
          />
          <SelectField
            label={words.kind}
            value={step.kind}
            disabled={disabled}
            options={StepKind.options.map((kind) => [kind, chains.kinds[kind]] as const)}
            onChange={(event) => onChange(changeKind(chain, index, StepKind.parse(event.target.value)))}
          />
        </div>
        <p className="quiet">{chains.kindSays[step.kind]}</p>
        <StepChoice
          label={chains.needs}
          hint={others.length === 0 ? chains.needsNone : chains.needsHint}
          steps={others}
          chosen={step.needs}
          circles={later}
          disabled={disabled}
          onChoose={(name, joined) => onChange(joinStep(chain, index, 'needs', name, joined))}
        />
        {canDeny(step.kind) && (
          <StepChoice
            label={chains.onDeny}
            hint={chains.onDenyHint}
            steps={others}
            chosen={step.on_deny}
            circles={new Set(others.filter((one) => waitingFor(chain, one.name).has(step.name)).map((one) => one.name))}
            disabled={disabled}
            onChoose={(name, joined) => onChange(joinStep(chain, index, 'on_deny', name, joined))}
          />
        )}
        <Parameters
          step={step}
          disabled={disabled}
          onSet={(key, value) => onChange(setParameter(chain, index, key, value))}
        />
      </div>
    </Section>
  );
}
