/** Adds a step after the one that is chosen. */
import { type ChainDefinition, StepKind } from '@pratique/contract';
import { useState } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { Button } from '../../ui/button.tsx';
import { addStep, MAX_STEPS } from './edit-chain.ts';

type Props = {
  chain: ChainDefinition;
  after: string | null;
  disabled: boolean;
  onAdd: (chain: ChainDefinition, name: string) => void;
};

export function AddStep({ chain, after, disabled, onAdd }: Props) {
  const { chains } = useText();
  const [kind, setKind] = useState<StepKind>('gate');
  const full = chain.steps.length >= MAX_STEPS;
  const add = (): void => {
    const added = addStep(chain, kind, after);
    onAdd(added.chain, added.name);
  };
  return (
    <div className="add-step">
      <span>{chains.addStep}</span>
      <select
        className="input"
        aria-label={chains.addKind}
        value={kind}
        disabled={disabled || full}
        onChange={(event) => setKind(StepKind.parse(event.target.value))}
      >
        {StepKind.options.map((one) => (
          <option key={one} value={one}>
            {chains.kinds[one]}
          </option>
        ))}
      </select>
      {after !== null && <span className="quiet">{chains.addAfter(after)}</span>}
      <Button disabled={disabled || full} onClick={add}>
        {chains.add}
      </Button>
      {full && <span className="quiet">{chains.tooMany(String(MAX_STEPS))}</span>}
    </div>
  );
}
